import type { Codec } from '../../lib/core/codec.ts'
import type { Random } from './random.ts'

/** What the simulated pipelines read: a number `n`, at an event time (epoch ms). */
export interface Reading {
  readonly key: string
  readonly at: number
  readonly n: number
}

/** A record of a simulated shard. */
export interface SimRecord {
  readonly partitionKey: string
  readonly data: string
  /** epoch ms */
  readonly arrival: number
}

/** Elements with this number make user code throw for good. */
export const BROKEN = 13
/** Elements with this number end the process. */
export const KILLER = 14
/** Outputs that hold this number are refused by their sink for good. */
export const REFUSED = 11

/** Whether a sink will never take an output. */
export function isRefused({ payload }: { readonly payload: unknown }): boolean {
  const { value } = payload as { value?: unknown }
  return value === REFUSED || (value as { n?: unknown } | undefined)?.n === REFUSED
}

/** Event times may be so far ahead of arrival. */
export const MAX_SKEW = 200

/** `key at n`. @param later makes a promise of a value; given, every fourth value is one */
export const textCodec = (later?: (value: Reading) => Promise<Reading>): Codec<Reading> => ({
  name: 'text',
  decode(bytes) {
    const [key, at, n] = Buffer.from(bytes).toString().split(' ')
    if (key === undefined || at === undefined || n === undefined) throw new Error('expected: key at n')
    const reading = { key, at: Number(at), n: Number(n) }
    return later !== undefined && reading.n % 4 === 0 ? later(reading) : reading
  },
})

/**
 * The records of a shard. Time goes on by random steps; event times lie behind it within the bound and
 * beyond it; some records cannot be decoded, some come from the future, some break user code.
 */
export function shardRecords(random: Random, shard: number, count: number, kills: boolean): SimRecord[] {
  const keys = Array.from({ length: random.between(1, 4) }, (_, index) => `s${shard}k${index}`)
  const pace = random.pick([2, 6, 15])
  const behind = random.pick([0, 5, 30])
  let now = 1_000_000
  return Array.from({ length: count }, () => {
    now += random.between(0, pace)
    const partitionKey = random.pick(keys)
    const record = { partitionKey, arrival: now }
    const kind = random.next()
    if (kind < 0.04) return { ...record, data: 'nonsense' }
    if (kind < 0.07) return { ...record, data: `${partitionKey} ${now + 1_000_000} 1` }
    const n = kind < 0.11 ? BROKEN : kills && kind < 0.15 ? KILLER : random.between(0, 12)
    return { ...record, data: `${partitionKey} ${now - random.between(0, behind)} ${n}` }
  })
}
