import { App, Stack } from 'aws-cdk-lib'
import { expect, test, vi } from 'vitest'
import { pipelineMetric } from '../../cdk/constructs/pipeline-metrics.ts'
import { emfReport } from '../../lib/runtime/emf.ts'
import { templateOf, windowed } from './fixture.ts'

/** Namespace, name and dimensions of what a function of the pipeline prints. */
function printed(pipeline: string): string[] {
  const lines: string[] = []
  const keep = (chunk: unknown): true => {
    lines.push(...String(chunk).split('\n').filter(Boolean))
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(keep as typeof process.stdout.write)
  vi.spyOn(console, 'log').mockImplementation(keep)
  emfReport({
    pipeline,
    task: 't',
    stream: 'visits',
    shardId: 's',
    records: 1,
    redelivered: 0,
    counters: {},
    deadLetters: 0,
    milliseconds: 1,
    watermark: 0,
    watermarkLag: 0,
    commitConflicts: 0,
    stateSize: 0,
  })
  vi.restoreAllMocks()
  return lines.flatMap((line) => {
    const emf = JSON.parse(line)
    const [{ Namespace, Metrics, Dimensions }] = emf._aws.CloudWatchMetrics
    const dimensions = Dimensions[0].map((name: string) => `${name}=${emf[name]}`)
    return Metrics.map(({ Name }: { Name: string }) => `${Namespace} ${Name} ${dimensions}`)
  })
}

test('a metric is found where the function prints it', () => {
  const {
    namespace,
    metricName,
    dimensions = {},
  } = pipelineMetric(new Stack(new App(), 's'), 'pages', 'Late')
  expect(printed('pages')).toContain(`${namespace} ${metricName} service=${dimensions.service}`)
})

test('alarms and dashboard ask for nothing that no function prints', () => {
  const template = JSON.stringify(templateOf([windowed()]).toJSON())
  const shown = [...template.matchAll(/\[\\"millrace\\",\\"(\w+)\\"/g)].map(([, name]) => name)
  const watched = [...template.matchAll(/"MetricName":"(\w+)","Namespace":"millrace"/g)].map(
    ([, name]) => name,
  )
  expect(shown.length).toBeGreaterThan(5)
  expect(watched).toContain('WatermarkLag')
  const names = printed('pages').map((each) => each.split(' ')[1])
  expect([...shown, ...watched].filter((name) => !names.includes(name))).toEqual([])
})
