import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import type { Codec } from '../../lib/core/codec.ts'
import { type Counters, elementsIn, newCounters } from '../../lib/core/counters.ts'
import { type Duration, milliseconds } from '../../lib/core/duration.ts'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import type { Sink, Stream } from '../../lib/core/stream.ts'
import { type Drive, type DriveOptions, drive } from '../../lib/testing/drive.ts'

/** What the tests' pipelines read: a number `n` of a `key`, at an event time. */
export interface Reading {
  readonly key: string
  /** epoch ms */
  readonly at: number
  readonly n: number
}

export const reading = (at: number, n = 1, key = 'a'): Reading => ({ key, at, n })

/** A codec with nothing to validate: `key at n`. */
export const text: Codec<Reading> = {
  name: 'text',
  decode(bytes) {
    const [key, at, n] = Buffer.from(bytes).toString().split(' ')
    if (key === undefined || at === undefined || n === undefined) throw new Error('expected: key at n')
    return { key, at: Number(at), n: Number(n) }
  },
  encode: ({ key, at, n }) => Buffer.from(`${key} ${at} ${n}`),
}

/** Readings of a stream. @param bound maxOutOfOrderness */
export const readingsOf = (stream: string, bound: Duration = '0ms'): Stream<Reading> =>
  kinesis.source({ stream, codec: text, eventTime: ({ at }) => at, maxOutOfOrderness: bound })

/** Those of the stream `readings`. */
export const readings = (bound: Duration = '0ms'): Stream<Reading> => readingsOf('readings', bound)

/** The same of a stream with one shard, for `keyBy(f)`. */
export const readingsOfOneShard = (bound: Duration = '0ms', stream = 'readings'): Stream<Reading> =>
  kinesis.source({
    stream,
    shards: 1,
    codec: text,
    eventTime: ({ at }) => at,
    maxOutOfOrderness: bound,
  })

/** Keeps every element, as the attribute `value` of an item of its own. */
export const all =
  <A>(table = 'out'): Sink<A> =>
  (input) =>
    dynamodb.sink({ table, mode: 'append', key: ['id'], item: (value: A) => ({ value }) })(input)

/** Drives a pipeline of readings, whose partition key is the reading's key. */
export const run = (pipeline: Pipeline, options: DriveOptions = {}): Drive =>
  drive(pipeline, { key: ({ key }: Reading) => key, ...options })

/** The elements that reached a sink made by `all`, in the order in which they were made. */
export async function emitted<A = unknown>(driven: Drive, table = 'out'): Promise<A[]> {
  const items = (await driven.output(table)) as readonly { id: string; value: A }[]
  return items
    .map(({ id, value }) => ({ place: placeOf(id), value }))
    .sort((a, b) => comparePlaces(a.place, b.place))
    .map(({ value }) => value)
}

/** The ids of the same elements, in the same order. */
export async function emittedIds(driven: Drive, table = 'out'): Promise<string[]> {
  const items = (await driven.output(table)) as readonly { id: string }[]
  return items.map(({ id }) => id).sort((a, b) => comparePlaces(placeOf(a), placeOf(b)))
}

const placeOf = (id: string): bigint[] =>
  id
    .slice(id.lastIndexOf(':') + 1)
    .split('.')
    .map((part) => BigInt(part))

function comparePlaces(a: readonly bigint[], b: readonly bigint[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? 0n
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

/** What became of all elements that reached an operator: only what is not zero, and how many came in. */
export async function outcomes(driven: Drive, operator: string): Promise<Partial<Counters> & { in: number }> {
  const total = newCounters()
  for (const { counters } of await driven.reports()) {
    const batch = counters[operator]
    for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += batch?.[name] ?? 0
  }
  const counted = Object.fromEntries(Object.entries(total).filter(([, n]) => n !== 0))
  return { in: elementsIn(total), ...counted }
}

/** The messages of the dead letters, with the operator that gave up. */
export const failures = async (driven: Drive): Promise<string[]> =>
  (await driven.deadLetters()).map(({ operator, error }) => `${operator}: ${error.message}`)

/** Hours to ms. */
export const hours = (n: number): number => n * milliseconds('1h')
