import { Duration, Stack } from 'aws-cdk-lib'
import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { ConfigurationError } from '#lib/core/errors'
import type { Pipeline } from '#lib/core/pipeline'
import { hasEffects, type Plan, plansOf } from '#lib/runtime/plan'
import type { PipelineSettings } from '../settings.ts'
import { acknowledgeWildcards } from './acknowledged.ts'
import { grantPut } from './bucket-grants.ts'
import { PipelineAlarms } from './pipeline-alarms.ts'
import { pipelineDashboard } from './pipeline-dashboard.ts'
import { type PipelineMetric, pipelineMetric } from './pipeline-metrics.ts'
import { PipelineStage, type PipelineStageProps } from './pipeline-stage.ts'
import { PipelineState } from './pipeline-state.ts'
import { privateBucket } from './private-bucket.ts'
import type { Protection } from './protection.ts'
import { resourceNames } from './resource-names.ts'
import { SinkTables, sinkActions } from './sink-tables.ts'
import { SourceStreams } from './source-streams.ts'
import { StreamPipelineGrants } from './stream-pipeline-grants.ts'

export interface StreamPipelineProps extends PipelineSettings, Protection {
  /** The value: `handler.pipeline` of a function file. */
  readonly pipeline: Pipeline
  /** The bundle with `index.mjs`, which exports the handler. */
  readonly code: Code
  /** Kept in log entries and dead letters. @default the version of the function */
  readonly codeVersion?: string
  /** The streams that pipelines read. @default its own is created, with on-demand capacity */
  readonly streams?: SourceStreams
  /** The tables that sinks write. @default its own are created */
  readonly tables?: SinkTables
  /** Is told of alarms. @default nobody is */
  readonly alarmTopic?: ITopic
}

/**
 * A pipeline in AWS, from its value: a function for each stage with its event source mapping, state, dead
 * letters, what its sinks write, alarms and a dashboard. Roles may do what this pipeline does, to its own
 * resources.
 * @throws ConfigurationError for two constructs of one pipeline in a stack, or a pipeline that needs something
 * which is not known
 */
export class StreamPipeline extends Construct {
  readonly pipeline: Pipeline
  readonly stages: readonly PipelineStage[]
  /** undefined for a pipeline that keeps no state */
  readonly state: PipelineState | undefined
  /** Dead letters, and the batches that mappings gave up. */
  readonly deadLetters: Bucket
  readonly grants: StreamPipelineGrants
  readonly dashboard: Dashboard

  constructor(scope: Construct, id: string, props: StreamPipelineProps) {
    super(scope, id)
    const { pipeline } = props
    this.pipeline = pipeline
    this.#refuseSecond()
    const plans = plansOf(pipeline)
    const { removalPolicy, encryptionKey } = props
    const protection = { ...(removalPolicy && { removalPolicy }), ...(encryptionKey && { encryptionKey }) }
    const { streams = new SourceStreams(this, 'Streams', protection) } = props
    const { tables = new SinkTables(this, 'Tables', protection) } = props
    const sources = pipeline.sources.map((source) => streams.get(source))
    const exchanges = plans.flatMap(({ to }) => to.map(({ stream }) => streams.exchange(stream)))
    for (const { target } of pipeline.sinks) tables.get(target)

    this.deadLetters = privateBucket(this, 'DeadLetters', {
      ...props,
      expiration: props.deadLetterRetention ?? Duration.days(90),
    })
    const hasLog = plans.some(({ stage }) => stage !== undefined)
    this.state = hasLog || hasEffects(pipeline) ? new PipelineState(this, 'State', props) : undefined
    const environment = {
      ...this.#environment(props),
      ...resourceNames(pipeline, streams.names, tables.names),
    }
    this.stages = plans.map((plan) => {
      const stageName = plans.length > 1 ? (plan.stage ?? '') : ''
      const stage = new PipelineStage(this, plan.from ? `Stage-${stageName}` : 'Stage', {
        ...props,
        description: `${[pipeline.name, stageName].filter(Boolean).join(', ')}: reads ${plan.streams.join(', ')}`,
        environment: { ...environment, ...(stageName && { MILLRACE_STAGE: stageName }) },
        stageName,
        sources: inputsOf(plan, streams),
        hasLog,
        deadLetters: this.deadLetters,
      })
      this.state?.grantUse(stage)
      grantPut(this.deadLetters, stage)
      for (const { stream } of plan.to) grantExchange(streams.exchange(stream), stage)
      // A stage waits for the tasks before it, and its tick asks whether those behind it wait.
      if (plans.length > 1)
        for (const each of [...sources, ...exchanges]) each.grant(stage, 'kinesis:ListShards')
      for (const { node } of plan.sinks) {
        const table = tables.get(node.target)
        table.grant(stage, ...sinkActions(node.target))
        table.encryptionKey?.grantEncryptDecrypt(stage)
      }
      return stage
    })
    const buckets = [this.deadLetters, ...(this.state ? [this.state.blobs] : [])]
    const wildcards = { buckets, inVpc: props.vpc !== undefined, withKey: encryptionKey !== undefined }
    for (const each of this.stages) acknowledgeWildcards(each, wildcards)

    this.grants = new StreamPipelineGrants(sources, this.deadLetters)
    const alarms = new PipelineAlarms(this, 'Alarms', {
      pipeline: this,
      hasLog,
      ...(props.alarms && { thresholds: props.alarms }),
      ...(props.alarmTopic && { topic: props.alarmTopic }),
    })
    this.dashboard = pipelineDashboard(this, 'Dashboard', { pipeline: this, alarms: alarms.all, hasLog })
  }

  /** A metric that the functions of this pipeline print. @default the sum of 5 minutes */
  metric(name: PipelineMetric, options?: MetricOptions): Metric {
    return pipelineMetric(this, this.pipeline.name, name, options)
  }

  /** Records taken. */
  metricRecords(options?: MetricOptions): Metric {
    return this.metric('Records', options)
  }

  /** Elements that failed for good. */
  metricDeadLetters(options?: MetricOptions): Metric {
    return this.metric('DeadLetters', options)
  }

  /** Elements that came too late for all their windows. */
  metricLate(options?: MetricOptions): Metric {
    return this.metric('Late', options)
  }

  /** How far the watermark is behind arrival, ms. @default the largest of 5 minutes */
  metricWatermarkLag(options?: MetricOptions): Metric {
    return this.metric('WatermarkLag', { statistic: 'Maximum', ...options })
  }

  /** Commits that another invocation was ahead of. */
  metricCommitConflicts(options?: MetricOptions): Metric {
    return this.metric('CommitConflicts', options)
  }

  #environment({ codeVersion }: StreamPipelineProps): Record<string, string> {
    return {
      MILLRACE_DEAD_LETTER_BUCKET: this.deadLetters.bucketName,
      ...(this.state && {
        MILLRACE_STATE_TABLE: this.state.table.tableName,
        MILLRACE_BLOB_BUCKET: this.state.blobs.bucketName,
      }),
      ...(codeVersion !== undefined && { MILLRACE_CODE_VERSION: codeVersion }),
    }
  }

  #refuseSecond(): void {
    const { name } = this.pipeline
    const other = Stack.of(this)
      .node.findAll()
      .find((each) => each !== this && each instanceof StreamPipeline && each.pipeline.name === name)
    if (other === undefined) return
    throw new ConfigurationError(
      `${other.node.path} and ${this.node.path} both deploy pipeline '${name}': a pipeline's name is the identity of its state and of its metrics; give one another name`,
      { pipeline: name },
    )
  }
}

/** Frames are large and hold many elements: Lambda takes 6 MB of them at most. */
const EXCHANGE_BATCH = { size: 100, interval: 0 }

/** What triggers a stage. */
const inputsOf = ({ sources, from }: Plan, streams: SourceStreams): PipelineStageProps['sources'] =>
  from === undefined
    ? sources.map((source) => ({ batch: source.batch, stream: streams.get(source) }))
    : [{ batch: EXCHANGE_BATCH, stream: streams.exchange(from.stream) }]

/** To send frames. */
function grantExchange(stream: IStream, stage: PipelineStage): void {
  stream.grant(stage, 'kinesis:PutRecords')
  stream.encryptionKey?.grantEncryptDecrypt(stage)
}
