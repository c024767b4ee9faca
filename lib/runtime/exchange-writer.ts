import { RetryableError } from '../core/errors.ts'
import { WHOLE_RANGE } from '../core/hash-key.ts'
import { reviveRange } from '../core/range-map.ts'
import type { HashRange, Shard, ShardAccess, ShardRecord } from '../core/shards.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'
import type { ShardList } from './shard-list.ts'

/** A part of a frame in the outbox: plain data, put again byte for byte however often it is delivered. */
export interface FrameOutput {
  /** the range it was cut for, in hexadecimal */
  readonly start: string
  readonly end: string
  readonly data: Uint8Array
}

/** The parts for one range, in order, and how far they are. */
interface Lane {
  readonly range: HashRange
  readonly parts: Uint8Array[]
  /** the lowest hash key that the part in hand has not reached */
  next: bigint
}

/**
 * Puts frames into an exchange's stream (protocol R23): parts one after the other, each at the lowest hash
 * key of its range, then at the lowest that the shards which took it do not cover: since the frame was cut,
 * the shard may have been split.
 */
export class ExchangeWriter implements SinkWriter {
  readonly #access: ShardAccess
  readonly #stream: string
  readonly #shards: ShardList

  constructor(access: ShardAccess, stream: string, shards: ShardList) {
    this.#access = access
    this.#stream = stream
    this.#shards = shards
  }

  /** Ranges to cut frames for: those of the open shards, as far as is known, and all that they leave out. */
  async ranges(): Promise<readonly HashRange[]> {
    return rangesOf(await this.#shards.all())
  }

  async check(): Promise<void> {
    await this.#shards.all()
  }

  /** @throws RetryableError when the stream does not take them for now: some may be in */
  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    let lanes = lanesOf(records)
    while (lanes.length > 0) {
      const placed = await this.#access.put(this.#stream, lanes.map(recordOf))
      for (const [index, lane] of lanes.entries()) {
        await this.#advance(lane, placed[index]?.shardId ?? '')
      }
      lanes = lanes.filter(({ parts }) => parts.length > 0)
    }
    return []
  }

  async #advance(lane: Lane, shardId: string): Promise<void> {
    const shard = await this.#shard(shardId)
    if (shard.endingHashKey < lane.range.endingHashKey) lane.next = shard.endingHashKey + 1n
    else {
      lane.parts.shift()
      lane.next = lane.range.startingHashKey
    }
  }

  /** The shard that took a record: one that is not known, or was closed, tells that there are new ones. */
  async #shard(shardId: string): Promise<Shard> {
    const shard = await this.#shards.find(shardId, ({ open }) => open)
    if (shard !== undefined) return shard
    throw new RetryableError(
      `the stream '${this.#stream}' put a record into '${shardId}', and does not list that shard yet`,
      { stream: this.#stream, shardId },
    )
  }
}

function lanesOf(records: readonly SinkRecord[]): Lane[] {
  const lanes = new Map<string, Lane>()
  for (const { payload } of records) {
    const { start, end, data } = payload as FrameOutput
    const range = reviveRange(start, end)
    const lane = lanes.get(start) ?? { range, parts: [], next: range.startingHashKey }
    lane.parts.push(data)
    lanes.set(start, lane)
  }
  return [...lanes.values()]
}

const recordOf = ({ parts: [data = new Uint8Array()], next }: Lane): ShardRecord => ({
  data,
  partitionKey: next.toString(16),
  explicitHashKey: next,
})

/** While a stream is resharded a list may leave a range out, or hold one twice. */
function rangesOf(shards: readonly Shard[]): HashRange[] {
  const open = shards.filter((shard) => shard.open)
  const ranges: HashRange[] = []
  let next = WHOLE_RANGE.startingHashKey
  for (const { startingHashKey, endingHashKey } of open.toSorted(byStart)) {
    if (startingHashKey > next) ranges.push({ startingHashKey: next, endingHashKey: startingHashKey - 1n })
    const start = startingHashKey > next ? startingHashKey : next
    if (start > endingHashKey) continue
    ranges.push({ startingHashKey: start, endingHashKey })
    next = endingHashKey + 1n
  }
  if (next <= WHOLE_RANGE.endingHashKey) {
    ranges.push({ startingHashKey: next, endingHashKey: WHOLE_RANGE.endingHashKey })
  }
  return ranges
}

const byStart = (a: HashRange, b: HashRange): number => (a.startingHashKey < b.startingHashKey ? -1 : 1)
