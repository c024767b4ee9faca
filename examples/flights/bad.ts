/** What can be wrong with a record that `--bad` mixes in. */
export type BadKind = 'brokenJson' | 'missingField' | 'farFuture' | 'notADate'

const KINDS: readonly BadKind[] = ['brokenJson', 'missingField', 'farFuture', 'notADate']

/**
 * Whether a bad record follows the good one at `index` (its place in the order of arrival), and which.
 * A function of its arguments alone: the same on every run and after every restart, and what is bad at a
 * share is bad at every larger one.
 * @param share of the good records that a bad one follows, 0 to 1
 */
export function badKindAt(index: number, share: number): BadKind | undefined {
  const hash = mix(index ^ 0x5bd1e995)
  return hash < share * 2 ** 32 ? KINDS[mix(hash) % KINDS.length] : undefined
}

/** The finalizer of MurmurHash3: every input bit moves every output bit. */
function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
