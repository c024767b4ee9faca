import { InvalidOutputError, InvalidRecordError } from '../core/errors.ts'
import { type RangeEntry, reviveRange, type StoredRange } from '../core/range-map.ts'
import type { HashRange } from '../core/shards.ts'
import { decode, encode } from '../state/binary.ts'

/**
 * The largest record that a stream takes by default, less its partition key and a reserve: 1 MiB
 * (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
 */
export const MAX_FRAME_BYTES = 1_048_576 - 1_024

/** 'MRF': tells a frame from what somebody else put into the stream. */
const MAGIC = Buffer.from('MRF')

/** An entry of a task's log that was sent through an exchange; the task is '' for the sender itself. */
export interface SentEntry {
  readonly task: string
  readonly version: number
}

/** In place of the watermark of a producer whose shard is empty: it holds no other back (protocol R20). */
export const IDLE = Number.POSITIVE_INFINITY

/** What all parts of a frame have in common (protocol R23). */
export interface FrameHead {
  readonly task: string
  readonly epoch: number
  /** of the log entry that holds it */
  readonly version: number
  /** epoch ms; counts with the last part; `IDLE` of one that never had a record */
  readonly watermark: number
  /** the hash range it was cut for */
  readonly range: HashRange
  /** what this task, or its parents, sent last to each part of the range */
  readonly previous: readonly RangeEntry<readonly SentEntry[]>[]
  /** with a seal: the tasks that go on in place of this one */
  readonly children?: readonly string[]
}

/** Elements as columns: they compress better so, and a key that comes often costs little. */
export interface FrameElements {
  readonly keys: readonly string[]
  /** event times, epoch ms */
  readonly times: readonly number[]
  readonly values: readonly unknown[]
}

/** One record of an exchange's stream. */
export interface Frame extends FrameHead, FrameElements {
  /** place among the parts of one frame */
  readonly part: number
  readonly last: boolean
}

type StoredFrame = readonly [
  task: string,
  epoch: number,
  version: number,
  part: number,
  last: boolean,
  watermark: number,
  range: readonly [start: string, end: string],
  previous: readonly StoredRange<readonly (readonly [task: string, version: number])[]>[],
  children: readonly string[] | undefined,
  keys: readonly string[],
  times: readonly number[],
  values: readonly unknown[],
]

/**
 * Makes the records of one frame: as few parts as fit into records of `most` bytes.
 * @param tooLarge takes the place of an element that fits into none, and the reason
 */
export function encodeFrame(
  head: FrameHead,
  elements: FrameElements,
  tooLarge: (index: number, error: InvalidOutputError) => void,
  most = MAX_FRAME_BYTES,
): Uint8Array[] {
  const bodies = cut(head, elements, [0, elements.keys.length], tooLarge, most)
  if (bodies.length === 0) bodies.push([0, 0])
  return bodies.map(([from, to], part) =>
    frameBytes(head, elements, from, to, part, part === bodies.length - 1),
  )
}

/** Places at which elements are cut so that each part fits. */
function cut(
  head: FrameHead,
  elements: FrameElements,
  [from, to]: readonly [from: number, to: number],
  tooLarge: (index: number, error: InvalidOutputError) => void,
  most: number,
): (readonly [from: number, to: number])[] {
  if (from === to) return []
  let failure: unknown
  let bytes = Number.POSITIVE_INFINITY
  try {
    bytes = frameBytes(head, elements, from, to, 0, true).length
  } catch (error) {
    failure = error
  }
  if (bytes <= most) return [[from, to]]
  if (to - from > 1) {
    const middle = (from + to) >>> 1
    const halves = [[from, middle] as const, [middle, to] as const]
    return halves.flatMap((half) => cut(head, elements, half, tooLarge, most))
  }
  const why =
    failure === undefined
      ? `takes ${bytes} bytes, and a record of the exchange's stream at most ${most}: make it smaller before keyBy(f)`
      : `cannot be sent through the exchange (${String(failure)}): expected plain data`
  tooLarge(
    from,
    new InvalidOutputError(`an element ${why}`, { key: elements.keys[from] }, { cause: failure }),
  )
  return []
}

function frameBytes(
  { task, epoch, version, watermark, range, previous, children }: FrameHead,
  { keys, times, values }: FrameElements,
  from: number,
  to: number,
  part: number,
  last: boolean,
): Uint8Array {
  const stored: StoredFrame = [
    task,
    epoch,
    version,
    part,
    last,
    watermark,
    ends(range),
    previous.map((each) => [...ends(each.range), each.value.map((sent) => [sent.task, sent.version])]),
    children,
    keys.slice(from, to),
    times.slice(from, to),
    values.slice(from, to),
  ]
  return Buffer.concat([MAGIC, encode(stored)])
}

const ends = ({ startingHashKey, endingHashKey }: HashRange): [start: string, end: string] => [
  startingHashKey.toString(16),
  endingHashKey.toString(16),
]

/**
 * Reads a record of an exchange's stream.
 * @throws InvalidRecordError for what is no frame
 * @throws StateFormatError for a frame that a newer version of millrace wrote: never to be skipped
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw new InvalidRecordError(
      `a record of the exchange's stream was not put by this pipeline: nothing else may write to that stream`,
    )
  }
  const [task, epoch, version, part, last, watermark, range, previous, children, keys, times, values] =
    decode(bytes.subarray(MAGIC.length)) as StoredFrame
  return {
    task,
    epoch,
    version,
    part,
    last,
    watermark,
    range: reviveRange(...range),
    previous: previous.map(([start, end, sent]) => ({
      range: reviveRange(start, end),
      value: sent.map(([from, entry]) => ({ task: from, version: entry })),
    })),
    ...(children && { children }),
    keys,
    times,
    values,
  }
}
