import type { Claim, ClaimStore } from '../core/claim-store.ts'

/** So many claims are kept before expired ones are looked for. */
const FIRST_SWEEP = 1_000

/** A claim store that lives as long as its process: for tests and for trying things out. */
export class MemoryClaimStore implements ClaimStore {
  readonly #claims = new Map<string, Claim>()
  #sweepAt = FIRST_SWEEP

  get size(): number {
    return this.#claims.size
  }

  async put(claim: Claim, now: number, instead?: string): Promise<Claim | undefined> {
    const holder = this.#claims.get(claim.key)
    if (holder !== undefined && holder.expires > now && holder.owner !== instead) {
      return holder.owner === claim.owner ? undefined : holder
    }
    this.#claims.set(claim.key, claim)
    if (this.#claims.size >= this.#sweepAt) this.#sweep(now)
    return undefined
  }

  async remove(key: string, owner: string): Promise<void> {
    if (this.#claims.get(key)?.owner === owner) this.#claims.delete(key)
  }

  #sweep(now: number): void {
    for (const { key, expires } of this.#claims.values()) if (expires <= now) this.#claims.delete(key)
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#claims.size)
  }
}
