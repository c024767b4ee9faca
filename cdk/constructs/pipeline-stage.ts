import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets'
import {
  type IGrantable,
  type IPrincipal,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  MetricType,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import { KinesisEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { SourceNode } from '#lib/core/graph'
import type { PipelineSettings } from '../settings.ts'
import { OnFailureBucket } from './on-failure-bucket.ts'
import { isRetained, type Protection } from './protection.ts'

/** Attempts of a stage without a log, with pauses of seconds to a minute in between: about an hour. */
const RETRY_ATTEMPTS = 60

export interface PipelineStageProps extends PipelineSettings, Protection {
  /** What the function is for, as the console shows it. */
  readonly description: string
  readonly code: Code
  readonly environment: Record<string, string>
  /** Its name in metrics and alarms; '' for the only stage. */
  readonly stageName: string
  /** What triggers it: a mapping for each stream. */
  readonly sources: readonly { readonly batch: SourceNode['batch']; readonly stream: IStream }[]
  /** Whether it has a log: then a batch is tried until it is done or its records expire (protocol R17). */
  readonly hasLog: boolean
  /** Gets what the mapping gives up. */
  readonly deadLetters: Bucket
}

/** One stage of a pipeline: a function with its own role and log group, and the mappings that trigger it. */
export class PipelineStage extends Construct implements IGrantable {
  readonly function: LambdaFunction
  readonly logGroup: LogGroup
  readonly role: Role
  readonly grantPrincipal: IPrincipal
  readonly timeout: Duration
  /** '' for the only stage */
  readonly stageName: string
  /** UUIDs of its event source mappings. */
  readonly mappings: readonly string[]

  constructor(scope: Construct, id: string, props: PipelineStageProps) {
    super(scope, id)
    const { code, description, environment, vpc, vpcSubnets, securityGroups } = props
    const { memorySize = 1024, timeout = Duration.minutes(1), reservedConcurrentExecutions } = props
    this.timeout = timeout
    this.stageName = props.stageName
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      ...(!isRetained(props) && props.removalPolicy && { removalPolicy: props.removalPolicy }),
    })
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    this.grantPrincipal = this.role
    this.logGroup.grantWrite(this.role)
    if (vpc !== undefined) this.role.addToPolicy(networkInterfaces())
    this.function = new LambdaFunction(this, 'Function', {
      description,
      code,
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      logGroup: this.logGroup,
      memorySize,
      timeout,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...environment },
      ...(reservedConcurrentExecutions !== undefined && { reservedConcurrentExecutions }),
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroups && { securityGroups }),
    })
    const onFailure = new OnFailureBucket(props.deadLetters)
    this.mappings = props.sources.map(({ batch, stream }) => {
      const mapping = new KinesisEventSource(stream, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: batch.size,
        maxBatchingWindow: Duration.seconds(Math.ceil(batch.interval / 1_000)),
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: props.hasLog ? -1 : RETRY_ATTEMPTS,
        onFailure,
        metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
      })
      this.function.addEventSource(mapping)
      return mapping.eventSourceMappingId
    })
    // Windows then close when no records come (docs/time.md). What fails is done by the next tick.
    if (props.hasLog) {
      new Rule(this, 'Tick', {
        schedule: Schedule.rate(props.tickInterval ?? Duration.minutes(1)),
        targets: [new FunctionTarget(this.function, { retryAttempts: 0 })],
      })
    }
  }
}

/**
 * Network interfaces do not exist before the function does, so AWS has nothing finer than all of them:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const networkInterfaces = (): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  })
