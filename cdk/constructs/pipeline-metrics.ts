import { Duration, Stack } from 'aws-cdk-lib'
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { NAMESPACE } from '#lib/runtime/emf'

/** The embedded metrics of a pipeline, as its functions print them after every batch. */
export type PipelineMetric =
  | 'Records'
  | 'RedeliveredRecords'
  | 'DeadLetters'
  | 'Late'
  | 'BatchDuration'
  | 'CommitConflicts'
  | 'StateSize'
  | 'WatermarkLag'

/** A metric of a pipeline: the sum of five minutes, unless something else is said. */
export const pipelineMetric = (
  scope: Construct,
  pipeline: string,
  metricName: PipelineMetric,
  options: MetricOptions = {},
): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { service: pipeline },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
    region: Stack.of(scope).region,
    ...options,
  })
