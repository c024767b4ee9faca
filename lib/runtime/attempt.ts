import type { Attempt } from '../state/store.ts'

/** The attempt at one position from which the number of records is halved at each further one. */
const HALVE_FROM = 3
/** The attempt at a single record at which it is given up: two more have been killed by it. */
const GIVE_UP_AT = 5

/**
 * What an invocation that had to load may do (protocol R17). A killed invocation leaves its attempt running
 * and no memory. Found so at the same position, the next one counts on, and from the third it takes half as
 * many records, until the one that kills is alone.
 * @param found what is in the store
 * @param position the task's position
 * @param records how many records of the batch are above it
 */
export function nextAttempt(found: Attempt | undefined, position: string, records: number): Attempt {
  const fresh: Attempt = { sequenceNumber: position, attempts: 1, limit: records, running: true }
  if (found === undefined || found.sequenceNumber !== position) return fresh
  if (!found.running) {
    // The batch may have grown since; only a limit that kills have halved stays.
    const limit = found.attempts < HALVE_FROM ? records : found.limit
    return { ...found, limit, running: true }
  }
  const attempts = found.attempts + 1
  if (attempts < HALVE_FROM || found.limit === 1) return { ...found, attempts }
  const limit = Math.max(1, Math.floor(Math.min(found.limit, records) / 2))
  return { ...found, limit, attempts: limit === 1 ? HALVE_FROM : attempts }
}

/** Whether the first record above the position has killed its process often enough to be given up, unrun. */
export const killsItsProcess = ({ limit, attempts }: Attempt): boolean =>
  limit === 1 && attempts >= GIVE_UP_AT
