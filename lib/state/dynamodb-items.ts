import type { Attributes } from './dynamodb-table.ts'
import type { Attempt, StoredEntry } from './store.ts'

// The state table: partition key `task`, sort key `slot`, both strings. A task's partition holds
//   log/entry-07     one slot of its ring: version, nonce, body
//   log/delivered    the newest version whose outbox is known to be delivered, and whether it is idle
//   log/attempt      what an invocation that had to load noted of itself
//   blob/NAME        one head for each blob, see dynamodb-blobs.ts
// A pipeline's meta item stands under the pipeline's own name: task ids hold a slash, names do not.

/** What a load asks for: one Query. */
export const LOG = 'log/'
export const DELIVERED = 'log/delivered'
export const ATTEMPT = 'log/attempt'
export const META = 'meta'

const ENTRY = 'log/entry-'

/** Ring sizes are far below 10,000: slots sort as numbers do. */
export const entrySlot = (slot: number): string => `${ENTRY}${String(slot).padStart(4, '0')}`

export const itemKey = (task: string, slot: string): Attributes => ({ task: { S: task }, slot: { S: slot } })

export const isEntry = ({ slot }: Attributes): boolean => slot?.S?.startsWith(ENTRY) === true

export const numberOf = (item: Attributes | undefined, name: string): number | undefined =>
  item?.[name]?.N === undefined ? undefined : Number(item[name].N)

export const entryAttributes = ({ version, nonce, body }: StoredEntry): Attributes => ({
  version: { N: String(version) },
  nonce: { S: nonce },
  body: { B: body },
})

export function entryOf(item: Attributes): StoredEntry {
  return { ...holderOf(item), body: item.body?.B ?? new Uint8Array() }
}

export const holderOf = (item: Attributes): Pick<StoredEntry, 'version' | 'nonce'> => ({
  version: numberOf(item, 'version') ?? -1,
  nonce: item.nonce?.S ?? '',
})

export const attemptOf = (item: Attributes | undefined): Attempt | undefined =>
  item?.attempt?.S === undefined ? undefined : (JSON.parse(item.attempt.S) as Attempt)
