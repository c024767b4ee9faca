import * as dynamodb from '../../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../../lib/connectors/kinesis/index.ts'
import type { Duration } from '../../../lib/core/duration.ts'
import { type Pipeline, pipeline } from '../../../lib/core/pipeline.ts'
import { dedupe } from '../../../lib/operators/dedupe.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { map } from '../../../lib/operators/map.ts'
import { window } from '../../../lib/operators/window.ts'
import { aggregate } from '../../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { sum } from '../../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../../lib/windows/pane.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { type Reading, textCodec } from '../records.ts'

export const SOURCE_STREAM = 'sim'

/** ms; no event is later than this */
export const DISORDER = 3_000
const FINE = 5_000
const COARSE = 20_000

/** What the panes of a pipeline come to. */
interface Pane {
  readonly key: string
  readonly start: number
  readonly n: number
  readonly sum: number
}

/** A pipeline of several stages, and the same computed straight. */
export interface StagedPipeline {
  readonly make: () => Pipeline
  /** the stream of its exchange */
  readonly exchange: string
  readonly straight: (readings: readonly Reading[]) => readonly Pane[]
}

const source = () =>
  kinesis.source({
    stream: SOURCE_STREAM,
    codec: textCodec(),
    eventTime: ({ at }) => at,
    maxOutOfOrderness: '3s',
    idleTimeout: '2s',
  })

const summed = aggregate({ n: count(), sum: sum(({ n }: Reading) => n) })

/** Every pane as an item of its own: one that fires twice shows. */
const panes = dynamodb.sink({
  table: 'out',
  mode: 'append',
  key: ['id'],
  item: ({ key, start, value: { n, sum } }: Windowed<string, { n: number; sum: number }>): Pane => {
    return { key, start, n, sum }
  },
})

const groupOf = ({ n }: Pick<Reading, 'n'>): string => `g${n % 5}`

function panesOf(readings: readonly Reading[], size: number, keyOf: (reading: Reading) => string): Pane[] {
  const found = new Map<string, { key: string; start: number; n: number; sum: number }>()
  for (const reading of readings) {
    const [key, start] = [keyOf(reading), Math.floor(reading.at / size) * size]
    const pane = found.get(`${key} ${start}`) ?? { key, start, n: 0, sum: 0 }
    pane.n++
    pane.sum += reading.n
    found.set(`${key} ${start}`, pane)
  }
  return [...found.values()]
}

/** @param allowedLateness keeps windows that have fired: they must not fire again */
const chained = (allowedLateness?: Duration): StagedPipeline => ({
  exchange: 'p.coarse',
  make: () => {
    const more = { aggregate: summed, ...(allowedLateness && { allowedLateness }) }
    return pipeline(
      'p',
      source(),
      keyBy(),
      window('fine', { over: tumbling('5s'), ...more }),
      map(({ key, end, value }): Reading => ({ key, at: end - 1, n: value.sum })),
      keyBy(groupOf),
      window('coarse', { over: tumbling('20s'), ...more }),
      panes,
    )
  },
  straight: (readings) =>
    panesOf(
      panesOf(readings, FINE, ({ key }) => key).map(({ key, start, sum }) => {
        return { key, at: start + FINE - 1, n: sum }
      }),
      COARSE,
      groupOf,
    ),
})

export const STAGED: Readonly<Record<string, StagedPipeline>> = {
  grouped: {
    exchange: 'p.w',
    make: () =>
      pipeline(
        'p',
        source(),
        keyBy(groupOf),
        window('w', { over: tumbling('5s'), aggregate: summed }),
        panes,
      ),
    straight: (readings) => panesOf(readings, FINE, groupOf),
  },
  chained: chained(),
  lenient: chained('10s'),
  deduped: {
    exchange: 'p.w',
    make: () =>
      pipeline(
        'p',
        source(),
        dedupe('once', { by: ({ n }: Reading) => `${n}`, within: '1d' }),
        keyBy(groupOf),
        window('w', { over: tumbling('5s'), aggregate: summed }),
        panes,
      ),
    straight: (readings) =>
      panesOf([...new Map(readings.map((reading) => [reading.n, reading])).values()], FINE, groupOf),
  },
}
