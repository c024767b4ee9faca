import { type Profile, profile } from '../profile.ts'
import { Random } from '../random.ts'
import { STAGED } from './pipelines.ts'

/** What a seed decides before the run. */
export interface StagesScenario {
  readonly seed: number
  readonly pipeline: string
  readonly records: number
  readonly sourceShards: number
  readonly exchangeShards: number
  /** how often a stream may be resharded */
  readonly reshards: number
  /** how likely a record is one of a burst, and so comes at once */
  readonly burst: number
  readonly ringSize: number
  readonly profile: Profile
}

export function stagesScenario(seed: number): StagesScenario {
  const random = new Random(seed, 2)
  const scenario = drawn(random, seed)
  const { profile } = scenario
  // Where every state is a blob, a load takes more calls than a short time-out has room for.
  const timeout = profile.maxEntryBytes < 1_000 ? 900_000 : profile.timeout
  return { ...scenario, profile: { ...profile, timeout } }
}

function drawn(random: Random, seed: number): StagesScenario {
  return {
    seed,
    pipeline: random.pick(Object.keys(STAGED)),
    records: random.between(5, 40),
    sourceShards: random.between(1, 3),
    exchangeShards: random.between(1, 3),
    reshards: random.pick([0, 1, 2, 4]),
    burst: random.pick([0, 0.5, 0.9]),
    ringSize: random.pick([3, 5, 7, 64]),
    profile: { ...profile(random, random.pick([20_000, 60_000, 900_000])), torn: random.pick([0, 0, 0.2]) },
  }
}
