import { PIPELINES } from './pipelines.ts'
import { Random } from './random.ts'
import { type SimRecord, shardRecords } from './records.ts'

/** How likely each outcome of an operation is, beside "done". */
interface FaultRates {
  /** fails before its effect, with an error that a retry cures */
  readonly throttled: number
  /** has its effect, and the caller gets an error that a retry cures */
  readonly lost: number
  /** the same two with an error that does not look as if a retry cured it */
  readonly broken: number
  /** its process ends, before or after the effect */
  readonly crash: number
  /** goes on much later */
  readonly asleep: number
}

/** How a seed's run goes: each has other faults, so that one kind does not hide another. */
export interface Profile {
  readonly rates: FaultRates
  /** so many faults, then all goes well: every run comes to an end */
  readonly faults: number
  /** per step: another delivery, a timeout, a new sandbox, … */
  readonly chaos: number
  /** of a load or of a write: how likely it is cut behind an item */
  readonly torn: number
  /** calls of this kind are slow, all of them */
  readonly slow: string | undefined
  /** whether an invocation runs until another one is preferred, in place of one step of each */
  readonly bursts: boolean
  readonly sandboxes: number
  readonly batchSize: number
  /** of the function, ms */
  readonly timeout: number
  readonly maxEntryBytes: number
  readonly memoryBudget: number
  /** whether the store says what holds the slot when it refuses an entry */
  readonly tellsHolder: boolean
}

/** What a seed decides before the run. */
export interface Scenario {
  readonly seed: number
  readonly pipeline: string
  readonly shards: readonly (readonly SimRecord[])[]
  readonly ringSize: number
  /** whether the streams end: then everything closes */
  readonly ends: boolean
  readonly profile: Profile
}

const NO_FAULTS: FaultRates = { throttled: 0, lost: 0, broken: 0, crash: 0, asleep: 0 }

/** The oracle's run: one sandbox, whole shards as one batch, no faults. */
export const PLAIN: Profile = {
  rates: NO_FAULTS,
  faults: 0,
  chaos: 0,
  torn: 0,
  slow: undefined,
  bursts: false,
  sandboxes: 1,
  batchSize: Number.MAX_SAFE_INTEGER,
  timeout: 900_000,
  maxEntryBytes: 390_000,
  memoryBudget: Number.MAX_SAFE_INTEGER,
  tellsHolder: true,
}

const ALL = Object.keys(PIPELINES)

export function scenario(seed: number): Scenario {
  const random = new Random(seed)
  const pipeline = random.pick(ALL)
  const most = pipeline === 'heavy' ? 25 : random.pick([10, 25, 45])
  // A record that ends its process ends what other shards do in it: that must not count against theirs.
  const kills = pipeline === 'window' && random.chance(0.3)
  const shards = Array.from({ length: kills ? 1 : random.pick([1, 1, 2, 3]) }, (_, shard) =>
    shardRecords(random, shard, random.between(3, most), kills),
  )
  const ringSize = random.pick([2, 3, 4, 5, 7, 64])
  const ends = random.chance(0.5)
  // Effects of which nobody knows are waited for until the deadline.
  const timeouts = pipeline.startsWith('effect') ? [15_000, 40_000] : [900_000, 900_000, 60_000, 20_000]
  return { seed, pipeline, shards, ringSize, ends, profile: profile(random, random.pick(timeouts)) }
}

export const profile = (random: Random, timeout: number): Profile => {
  const rate = (most: number): number => (random.chance(0.4) ? 0 : most * random.next() ** 2)
  return {
    rates: {
      throttled: rate(0.1),
      lost: rate(0.15),
      broken: rate(0.05),
      crash: rate(0.1),
      asleep: rate(0.1),
    },
    faults: random.between(3, 50),
    chaos: rate(0.2),
    torn: random.pick([0, 0.3, 1]),
    slow: random.pick([undefined, undefined, undefined, 'load', 'load', 'append', 'write', 'list', 'get']),
    bursts: random.chance(0.4),
    sandboxes: random.between(1, 4),
    batchSize: random.pick([1, 3, 8, 20]),
    timeout,
    maxEntryBytes: random.pick([390_000, 390_000, 390_000, 600, 300]),
    memoryBudget: random.pick([2 ** 40, 2 ** 40, 2_000, 0]),
    tellsHolder: random.chance(0.7),
  }
}
