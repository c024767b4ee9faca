import { Duration, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  type CreateAlarmOptions,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { AlarmThresholds } from '../settings.ts'
import type { PipelineStage } from './pipeline-stage.ts'
import type { StreamPipeline } from './stream-pipeline.ts'

export interface PipelineAlarmsProps {
  readonly pipeline: StreamPipeline
  /** Whether there is a watermark, and commits that can conflict. */
  readonly hasLog: boolean
  readonly thresholds?: AlarmThresholds
  readonly topic?: ITopic
}

interface AlarmProps extends Pick<CreateAlarmOptions, 'threshold' | 'evaluationPeriods'> {
  readonly metric: IMetric
  /** What it means, and what to do. */
  readonly description: string
}

/** What a pipeline is watched for. Nothing to measure is nothing wrong. */
export class PipelineAlarms extends Construct {
  readonly all: Alarm[] = []
  readonly #props: PipelineAlarmsProps

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id)
    this.#props = props
    const { pipeline, hasLog } = props
    for (const stage of pipeline.stages) this.#watchStage(stage)
    this.#add('DeadLetters', {
      metric: pipeline.metricDeadLetters(),
      threshold: 1,
      evaluationPeriods: 1,
      description: 'Records failed for good. They are in the bucket for dead letters, each with its error.',
    })
    if (hasLog) this.#watchTime()
  }

  #watchStage(stage: PipelineStage): void {
    const name = stage.stageName && `${stage.stageName}-`
    const { iteratorAge = Duration.minutes(15), durationPercent = 80 } = this.#props.thresholds ?? {}
    const { function: fn, timeout } = stage
    this.#add(`${name}IteratorAge`, {
      metric: fn.metric('IteratorAge', { statistic: 'Maximum' }),
      threshold: iteratorAge.toMilliseconds(),
      evaluationPeriods: 2,
      description:
        'Records wait: the function fails, is throttled or too slow. Records are lost when the stream no longer keeps them; look at its errors first, then at its duration.',
    })
    this.#add(`${name}Errors`, {
      metric: fn.metricErrors(),
      threshold: 1,
      evaluationPeriods: 3,
      description: 'Invocations fail for 15 minutes: batches are tried again and again. See the log.',
    })
    this.#add(`${name}Throttles`, {
      metric: fn.metricThrottles(),
      threshold: 1,
      evaluationPeriods: 3,
      description: 'Lambda refuses invocations for 15 minutes: raise the reserved concurrency, or the quota.',
    })
    this.#add(`${name}Duration`, {
      metric: fn.metricDuration({ statistic: 'Maximum' }),
      threshold: (timeout.toMilliseconds() * durationPercent) / 100,
      evaluationPeriods: 3,
      description: `Batches take more than ${durationPercent} % of the timeout: give it more memory or time, or make batches smaller.`,
    })
    for (const [index, mapping] of stage.mappings.entries()) {
      this.#add(`${name}GivenUp${index || ''}`, {
        metric: givenUp(mapping),
        threshold: 1,
        evaluationPeriods: 1,
        description:
          'The mapping gave up records unprocessed: they are in the bucket for dead letters, under aws/lambda/.',
      })
    }
  }

  #watchTime(): void {
    const { pipeline, thresholds = {} } = this.#props
    const { latePercent = 1, commitConflicts = 10, watermarkLag } = thresholds
    this.#add('LateShare', {
      metric: new MathExpression({
        expression: '100 * late / records',
        usingMetrics: { late: pipeline.metricLate(), records: pipeline.metricRecords() },
        label: 'late, percent',
        period: Duration.minutes(5),
      }),
      threshold: latePercent,
      evaluationPeriods: 3,
      description: `More than ${latePercent} % of the records are late: raise maxOutOfOrderness or allowedLateness.`,
    })
    this.#add('CommitConflicts', {
      metric: pipeline.metricCommitConflicts(),
      threshold: commitConflicts,
      evaluationPeriods: 3,
      description:
        'Invocations commit into the same log at the same time: is a second mapping, or a second stack, on this stream and state?',
    })
    const maxOutOfOrderness = Math.max(...pipeline.pipeline.sources.map((source) => source.maxOutOfOrderness))
    this.#add('WatermarkLag', {
      metric: pipeline.metricWatermarkLag(),
      threshold: watermarkLag?.toMilliseconds() ?? maxOutOfOrderness + Duration.hours(1).toMilliseconds(),
      evaluationPeriods: 3,
      description:
        'Event time is far behind arrival, so windows close late: producers send old events, or a replay is running.',
    })
  }

  #add(id: string, { description, ...props }: AlarmProps): void {
    const { pipeline, topic } = this.#props
    const alarm = new Alarm(this, id, {
      ...props,
      alarmName: `${Stack.of(this).stackName}/${pipeline.pipeline.name}/${id}`,
      alarmDescription: description,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic))
    this.all.push(alarm)
  }
}

/** Records that went to the on-failure destination of a mapping. */
const givenUp = (mappingId: string): Metric =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'OnFailureDestinationDeliveredEventCount',
    dimensionsMap: { EventSourceMappingUUID: mappingId },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
  })
