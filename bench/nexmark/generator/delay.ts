import { SplittableRandom } from './splittable-random.ts'

const SEED = 99
const SHARE = 0.1
const LONGEST_MS = 4_000

/** Brings a tenth of the elements up to 4 s too late, the same ones at each call. @param rate elements per second */
export function* delayed<A>(elements: Iterable<A>, rate: number): Generator<A> {
  const random = new SplittableRandom(SEED)
  const step = 1_000 / rate
  /** those that are held back, the first to go first */
  const held: { readonly due: number; readonly element: A }[] = []
  let now = 0
  for (const element of elements) {
    while (held[0] !== undefined && held[0].due <= now) yield held.shift()?.element as A
    if (random.nextDouble() < SHARE) {
      const due = now + random.nextBelow(LONGEST_MS + 1)
      const behind = held.findLastIndex((other) => other.due <= due)
      held.splice(behind + 1, 0, { due, element })
    } else yield element
    now += step
  }
  for (const { element } of held) yield element
}
