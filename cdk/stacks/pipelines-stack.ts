import { CfnOutput, RemovalPolicy, Stack, type StackProps, Token } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { RegionInfo } from 'aws-cdk-lib/region-info'
import { Construct } from 'constructs'
import { ConfigurationError } from '#lib/core/errors'
import { plansOf } from '#lib/runtime/plan'
import type { Protection } from '../constructs/protection.ts'
import { SinkTables } from '../constructs/sink-tables.ts'
import { SourceStreams } from '../constructs/source-streams.ts'
import { StreamPipeline } from '../constructs/stream-pipeline.ts'
import type { FunctionFile } from '../function-files.ts'
import type { EnvironmentSettings } from '../settings.ts'

export interface PipelinesStackProps extends StackProps {
  /** What `functionFiles` found. */
  readonly functions: readonly FunctionFile[]
  readonly environment?: EnvironmentSettings
}

/**
 * Everything that the pipelines of a folder need in one environment: a `StreamPipeline` for each, the streams
 * and tables that they share, and a topic for their alarms. A file more or less in the folder is a pipeline
 * more or less in the stack, and changes nothing of the others.
 * @throws ConfigurationError for settings that no pipeline has, a region that is none, and whatever the
 * constructs refuse
 */
export class PipelinesStack extends Stack {
  readonly pipelines: readonly StreamPipeline[]
  readonly streams: SourceStreams
  readonly tables: SinkTables
  readonly alarmTopic: Topic

  constructor(scope: Construct, id: string, props: PipelinesStackProps) {
    const { functions, environment = {}, ...stackProps } = props
    super(scope, id, { terminationProtection: environment.protected === true, ...stackProps })
    refuseUnknownRegion(this)
    refuseUnknownSettings(functions, environment)
    const protection = protectionOf(this, environment)
    const { protected: listedOnly = false, prefix = '', streams = {}, tables = {} } = environment
    this.streams = new SourceStreams(this, 'Streams', { ...protection, prefix, streams, listedOnly })
    this.tables = new SinkTables(this, 'Tables', { ...protection, prefix, tables })
    this.alarmTopic = new Topic(this, 'Alarms', { enforceSSL: true })
    if (environment.alarmEmail !== undefined) {
      this.alarmTopic.addSubscription(new EmailSubscription(environment.alarmEmail))
    }
    const scopeOfAll = new Construct(this, 'Pipelines')
    const { defaults = {} } = environment
    const settings = typeof defaults === 'function' ? defaults(this) : defaults
    this.pipelines = functions.map(
      ({ pipeline, bundle, hash }) =>
        new StreamPipeline(scopeOfAll, pipeline.name, {
          ...protection,
          ...settings,
          ...environment.pipelines?.[pipeline.name],
          pipeline,
          code: Code.fromAsset(bundle),
          codeVersion: hash,
          streams: this.streams,
          tables: this.tables,
          alarmTopic: this.alarmTopic,
        }),
    )
    for (const pipeline of this.pipelines) tell(pipeline)
  }
}

function protectionOf(
  stack: Stack,
  { protected: retained, customerManagedKey }: EnvironmentSettings,
): Protection {
  const removalPolicy = retained === true ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
  if (customerManagedKey !== true) return { removalPolicy }
  const encryptionKey = new Key(stack, 'Key', {
    description: `What the pipelines of ${stack.stackName} keep`,
    enableKeyRotation: true,
    removalPolicy,
  })
  return { removalPolicy, encryptionKey }
}

function tell(pipeline: StreamPipeline): void {
  for (const stage of pipeline.stages) {
    new CfnOutput(stage, 'FunctionName', { value: stage.function.functionName })
  }
  new CfnOutput(pipeline, 'DeadLetterBucket', { value: pipeline.deadLetters.bucketName })
  if (pipeline.state) new CfnOutput(pipeline, 'StateTable', { value: pipeline.state.table.tableName })
}

function refuseUnknownRegion({ region }: Stack): void {
  if (Token.isUnresolved(region) || RegionInfo.regions.some(({ name }) => name === region)) return
  const known = RegionInfo.regions.map(({ name }) => name)
  throw new ConfigurationError(
    `'${region}' is not a region that the CDK knows: expected one of ${known.join(', ')}; correct AWS_REGION or the stack's 'env', or update aws-cdk-lib`,
    { region },
  )
}

/** A setting with a misspelt name would silently do nothing. */
function refuseUnknownSettings(functions: readonly FunctionFile[], settings: EnvironmentSettings): void {
  const all = functions.map(({ pipeline }) => pipeline)
  const known = {
    streams: all.flatMap((pipeline) => plansOf(pipeline).flatMap(({ streams }) => streams)),
    tables: all.flatMap(({ sinks }) => sinks.map(({ target }) => target.table)),
    pipelines: all.map(({ name }) => name),
  }
  for (const kind of ['streams', 'tables', 'pipelines'] as const) {
    for (const name of Object.keys(settings[kind] ?? {})) {
      if (known[kind].includes(name)) continue
      throw new ConfigurationError(
        `the environment has settings for '${name}' in '${kind}', and no function has that: expected one of ${[...new Set(known[kind])].join(', ')}`,
        { [kind]: name },
      )
    }
  }
}
