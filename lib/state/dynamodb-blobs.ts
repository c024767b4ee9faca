import { crc32 } from 'node:zlib'
import { inParallel } from '../core/in-parallel.ts'
import { itemKey, numberOf } from './dynamodb-items.ts'
import { type DynamoDBStateOptions, stateTableNeeds } from './dynamodb-store.ts'
import { type Attributes, batchesOf, DynamoDBTable } from './dynamodb-table.ts'
import type { BlobStore } from './store.ts'

/** Below the 400 KB of an item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const CHUNK_BYTES = 390_000
const IN_FLIGHT = 16
const HEAD = 'blob/'

/**
 * Blobs in the state table. A small head in the task's partition says how many chunks there are, with a
 * checksum over all; each chunk has a partition of its own, so that a large snapshot takes nothing from the
 * task's commits. The head is written first: a blob is whole when all its chunks are there, and one that was
 * never finished is listed, so that it is deleted with the others (protocol R8). Heads are deleted last.
 *
 * Each KB costs a write unit when it is written and another when it is deleted: above some 8 KB
 * `S3BlobStore` costs less.
 */
export class DynamoDBBlobStore implements BlobStore {
  readonly #table: DynamoDBTable

  constructor({ table, ...options }: DynamoDBStateOptions) {
    this.#table = new DynamoDBTable(stateTableNeeds(table), options)
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES)
    await this.#table.put({
      Item: { ...headKey(name), chunks: { N: String(chunks) }, crc32: { N: String(crc32(bytes)) } },
    })
    await inParallel(indexes(chunks), IN_FLIGHT, (index) => {
      const body = bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
      return this.#table.put({ Item: { ...chunkKey(name, index), body: { B: body } } })
    })
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const head = await this.#table.get(headKey(name))
    if (head === undefined) return undefined
    const chunks = await inParallel(indexes(chunksOf(head)), IN_FLIGHT, async (index) => {
      const item = await this.#table.get(chunkKey(name, index))
      return item?.body?.B
    })
    const bytes = Buffer.concat(chunks.filter((chunk) => chunk !== undefined))
    return crc32(bytes) === numberOf(head, 'crc32') && !chunks.includes(undefined) ? bytes : undefined
  }

  async delete(names: readonly string[]): Promise<void> {
    // One BatchWriteItem must not name an item twice.
    const distinct = [...new Set(names)]
    const heads = await inParallel(distinct, IN_FLIGHT, (name) => this.#table.get(headKey(name)))
    await this.#remove(
      distinct.flatMap((name, index) =>
        indexes(chunksOf(heads[index])).map((chunk) => chunkKey(name, chunk)),
      ),
    )
    await this.#remove(distinct.map(headKey))
  }

  async list(prefix: string): Promise<readonly string[]> {
    const { task, slot } = headOf(prefix)
    const heads = await this.#table.query({
      KeyConditionExpression: '#task = :task AND begins_with(#slot, :slot)',
      ProjectionExpression: '#slot',
      ExpressionAttributeNames: { '#task': 'task', '#slot': 'slot' },
      ExpressionAttributeValues: { ':task': { S: task }, ':slot': { S: slot } },
    })
    return heads.map((head) => `${task}/${head.slot?.S?.slice(HEAD.length)}`)
  }

  async #remove(keys: readonly Attributes[]): Promise<void> {
    for (const batch of batchesOf(keys)) {
      await this.#table.batch(batch.map((key) => ({ DeleteRequest: { Key: key } })))
    }
  }
}

function headOf(name: string): { readonly task: string; readonly slot: string } {
  const slash = name.lastIndexOf('/')
  return { task: name.slice(0, slash), slot: `${HEAD}${name.slice(slash + 1)}` }
}

function headKey(name: string): Attributes {
  const { task, slot } = headOf(name)
  return itemKey(task, slot)
}

const chunkKey = (name: string, index: number): Attributes => itemKey(`${name}/${index}`, 'chunk')

const chunksOf = (head: Attributes | undefined): number => numberOf(head, 'chunks') ?? 0

const indexes = (length: number): readonly number[] => Array.from({ length }, (_, index) => index)
