import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { type Counters, newCounters } from '../core/counters.ts'
import type { BatchReport } from './report.ts'

/** CloudWatch takes the metrics of all pipelines under this namespace. */
export const NAMESPACE = 'millrace'

const OUTCOMES = Object.keys(newCounters()) as readonly (keyof Counters)[]

/**
 * Prints a batch's counts as CloudWatch embedded metrics: metrics without a call to CloudWatch. Per
 * pipeline, and the outcomes per operator.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfReport(report: BatchReport): void {
  const batch = metricsOf(report)
  batch.addMetric('Records', MetricUnit.Count, report.records)
  batch.addMetric('RedeliveredRecords', MetricUnit.Count, report.redelivered)
  batch.addMetric('DeadLetters', MetricUnit.Count, report.deadLetters)
  batch.addMetric('Late', MetricUnit.Count, lateOf(report))
  batch.addMetric('BatchDuration', MetricUnit.Milliseconds, report.milliseconds)
  batch.addMetric('CommitConflicts', MetricUnit.Count, report.commitConflicts)
  batch.addMetric('StateSize', MetricUnit.Count, report.stateSize)
  // Before the first event there is no watermark, and nothing to lag behind.
  if (Number.isFinite(report.watermarkLag)) {
    batch.addMetric('WatermarkLag', MetricUnit.Milliseconds, report.watermarkLag)
  }
  batch.publishStoredMetrics()
  for (const [operator, counters] of Object.entries(report.counters)) {
    const outcomes = OUTCOMES.filter((outcome) => counters[outcome] > 0)
    if (outcomes.length === 0) continue
    const metrics = metricsOf(report)
    metrics.addDimension('operator', operator)
    for (const outcome of outcomes) {
      metrics.addMetric(
        `${outcome[0]?.toUpperCase()}${outcome.slice(1)}`,
        MetricUnit.Count,
        counters[outcome],
      )
    }
    metrics.publishStoredMetrics()
  }
}

/** Of all operators: for the share of the pipeline's records that came too late. */
const lateOf = ({ counters }: BatchReport): number =>
  Object.values(counters).reduce((sum, { late }) => sum + late, 0)

function metricsOf({ pipeline, shardId }: BatchReport): Metrics {
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: pipeline })
  metrics.addMetadata('shardId', shardId)
  return metrics
}
