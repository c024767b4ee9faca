import { Duration, Stack } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { StreamPipeline } from './stream-pipeline.ts'

export interface PipelineDashboardProps {
  readonly pipeline: StreamPipeline
  readonly alarms: Alarm[]
  readonly hasLog: boolean
}

const PERIOD = Duration.minutes(1)
const WIDTH = 12

/** One page a pipeline: is it well, what comes in and out, is it behind, what does it cost, what went wrong. */
export function pipelineDashboard(
  scope: Construct,
  id: string,
  { pipeline, alarms, hasLog }: PipelineDashboardProps,
): Dashboard {
  const { name } = pipeline.pipeline
  const dashboard = new Dashboard(scope, id, {
    // CloudWatch takes letters, digits, '-' and '_'.
    dashboardName: `${Stack.of(scope).stackName}-${name.replaceAll('.', '_')}`,
    defaultInterval: Duration.hours(3),
    periodOverride: PeriodOverride.INHERIT,
  })
  dashboard.addWidgets(
    new TextWidget({ markdown: description(pipeline), width: WIDTH, height: 6 }),
    new AlarmStatusWidget({ title: 'Alarms', alarms, width: WIDTH, height: 6 }),
  )
  dashboard.addWidgets(
    new SingleValueWidget({
      title: 'In the last hour',
      metrics: [
        pipeline.metricRecords({ period: Duration.hours(1), label: 'records' }),
        pipeline.metricLate({ period: Duration.hours(1), label: 'late' }),
        pipeline.metricDeadLetters({ period: Duration.hours(1), label: 'dead letters' }),
        pipeline.metric('RedeliveredRecords', { period: Duration.hours(1), label: 'delivered again' }),
      ],
      setPeriodToTimeRange: false,
      width: 24,
      height: 3,
    }),
  )
  dashboard.addWidgets(...throughput(pipeline), ...(hasLog ? eventTime(pipeline) : []))
  dashboard.addWidgets(...invocations(pipeline))
  if (hasLog) dashboard.addWidgets(...state(pipeline))
  dashboard.addWidgets(
    new LogQueryWidget({
      title: 'Errors',
      logGroupNames: pipeline.stages.map(({ logGroup }) => logGroup.logGroupName),
      queryLines: [
        'fields @timestamp, @message',
        'filter @message like /ERROR|Task timed out/',
        'sort @timestamp desc',
        'limit 50',
      ],
      width: 24,
    }),
  )
  return dashboard
}

function description({ pipeline, deadLetters, state }: StreamPipeline): string {
  const tables = pipeline.sinks.map(({ target }) => `\`${target.table}\` (${target.mode})`)
  return [
    `# ${pipeline.name}`,
    `${pipeline.sources.map(({ stream }) => `\`${stream}\``).join(', ')} → ${pipeline.operators.map(({ op, name }) => name ?? op).join(' → ')} → ${tables.join(', ')}`,
    '',
    `Dead letters: \`s3://${deadLetters.bucketName}\``,
    ...(state ? ['', `State: table \`${state.table.tableName}\``] : []),
  ].join('\n')
}

function throughput(pipeline: StreamPipeline): IWidget[] {
  const period = PERIOD
  return [
    graph(
      'Records',
      'records a minute',
      [pipeline.metricRecords({ period, label: 'records' })],
      [
        pipeline.metricLate({ period, label: 'late', color: '#ff7f0e' }),
        pipeline.metricDeadLetters({ period, label: 'dead letters', color: '#d62728' }),
      ],
    ),
  ]
}

function eventTime(pipeline: StreamPipeline): IWidget[] {
  const lag = pipeline.metricWatermarkLag({ period: PERIOD })
  const seconds = new MathExpression({
    expression: 'lag / 1000',
    usingMetrics: { lag },
    label: 'watermark behind arrival',
    period: PERIOD,
  })
  return [graph('Event time', 'seconds', [seconds])]
}

function invocations({ stages }: StreamPipeline): IWidget[] {
  const period = PERIOD
  const each = (make: (stage: StreamPipeline['stages'][number]) => IMetric[]) => stages.flatMap(make)
  return [
    graph(
      'Behind the tip of the stream',
      'ms',
      each(({ function: fn, stageName }) => [
        fn.metric('IteratorAge', { statistic: 'Maximum', period, label: of('iterator age', stageName) }),
      ]),
    ),
    graph(
      'Duration',
      'ms',
      each(({ function: fn, stageName }) => [
        fn.metricDuration({ statistic: 'p50', period, label: of('half of the batches', stageName) }),
        fn.metricDuration({ statistic: 'Maximum', period, label: of('slowest', stageName) }),
      ]),
      [],
      Math.max(...stages.map(({ timeout }) => timeout.toMilliseconds())),
    ),
    graph(
      'Invocations',
      'a minute',
      each(({ function: fn, stageName }) => [
        fn.metricInvocations({ period, label: of('invocations', stageName) }),
      ]),
      each(({ function: fn, stageName }) => [
        fn.metricErrors({ period, label: of('errors', stageName), color: '#d62728' }),
        fn.metricThrottles({ period, label: of('throttles', stageName), color: '#9467bd' }),
      ]),
    ),
  ]
}

const of = (label: string, stageName: string): string => (stageName ? `${label}, ${stageName}` : label)

function state(pipeline: StreamPipeline): IWidget[] {
  const period = PERIOD
  const { table } = pipeline.state ?? {}
  return [
    graph('State', 'values', [
      pipeline.metric('StateSize', {
        statistic: 'Maximum',
        period,
        label: 'values of keyed state, largest task',
      }),
    ]),
    graph(
      'Commits',
      'a minute',
      table
        ? [table.metricConsumedWriteCapacityUnits({ period, statistic: 'Sum', label: 'write units' })]
        : [],
      [pipeline.metricCommitConflicts({ period, label: 'conflicts', color: '#d62728' })],
    ),
  ]
}

function graph(
  title: string,
  label: string,
  left: IMetric[],
  right: IMetric[] = [],
  limit?: number,
): GraphWidget {
  return new GraphWidget({
    title,
    left,
    right,
    leftYAxis: { label, min: 0, showUnits: false },
    ...(right.length > 0 && { rightYAxis: { min: 0, showUnits: false } }),
    ...(limit !== undefined && { leftAnnotations: [{ value: limit, label: 'timeout', color: '#d62728' }] }),
    width: WIDTH,
    height: 6,
  })
}
