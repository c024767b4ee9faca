import type { Kinesis } from '@aws-sdk/client-kinesis'
import { RetryableError } from '../../core/errors.ts'
import type { ShardPlace, ShardRecord } from '../../core/shards.ts'
import type { Clock } from '../../time/clock.ts'

/** Of one PutRecords: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const CALL_RECORDS = 500
const CALL_BYTES = 10 * 1_048_576

/** Calls in a row of which the stream took nothing. */
const ATTEMPTS = 8
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/** The records of one hash key that are not in yet, by number: the first goes next. */
type Lane = number[]

/**
 * Puts records with PutRecords, those of one hash key in order. A call keeps no order and may take some records
 * and not others, so each has at most one record of a hash key, and what it did not take goes again before
 * what follows.
 * @throws RetryableError when the stream takes nothing for some seconds
 */
export async function putInOrder(
  client: Kinesis,
  stream: string,
  records: readonly ShardRecord[],
  clock: Clock,
): Promise<ShardPlace[]> {
  const places: ShardPlace[] = []
  let lanes = lanesOf(records)
  let failures = 0
  while (lanes.length > 0) {
    const call = nextCall(lanes, records)
    const { refused, done } = await put(client, stream, records, call, places)
    lanes = lanes.filter((lane) => lane.length > 0)
    failures = done > 0 ? 0 : failures + 1
    if (failures === ATTEMPTS) {
      throw new RetryableError(
        `the Kinesis stream '${stream}' took none of ${call.length} records in ${ATTEMPTS} attempts: ${refused}`,
        { stream, records: call.length },
      )
    }
    if (refused !== undefined) await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS))
  }
  return places
}

function lanesOf(records: readonly ShardRecord[]): Lane[] {
  const lanes = new Map<bigint, Lane>()
  for (const [index, { explicitHashKey }] of records.entries()) {
    const lane = lanes.get(explicitHashKey)
    if (lane === undefined) lanes.set(explicitHashKey, [index])
    else lane.push(index)
  }
  return [...lanes.values()]
}

/** The lanes whose first records go with one call. */
function nextCall(lanes: readonly Lane[], records: readonly ShardRecord[]): Lane[] {
  let bytes = 0
  const end = lanes.slice(0, CALL_RECORDS).findIndex(([first = 0]) => {
    const record = records[first]
    bytes += (record?.data.byteLength ?? 0) + Buffer.byteLength(record?.partitionKey ?? '')
    return bytes > CALL_BYTES
  })
  // One record is within the limit, or the stream says so.
  return lanes.slice(0, end < 0 ? CALL_RECORDS : Math.max(1, end))
}

/** @returns how many records were taken, and why one was not */
async function put(
  client: Kinesis,
  stream: string,
  records: readonly ShardRecord[],
  call: readonly Lane[],
  places: ShardPlace[],
): Promise<{ done: number; refused: string | undefined }> {
  const entries = call.map(([first = 0]) => records[first]).filter((record) => record !== undefined)
  const { Records = [] } = await client.putRecords({
    StreamName: stream,
    Records: entries.map(({ data, partitionKey, explicitHashKey }) => {
      return { Data: data, PartitionKey: partitionKey, ExplicitHashKey: String(explicitHashKey) }
    }),
  })
  let done = 0
  let refused: string | undefined
  for (const [index, lane] of call.entries()) {
    const { ShardId, SequenceNumber, ErrorCode = 'no answer', ErrorMessage = '' } = Records[index] ?? {}
    if (ShardId === undefined || SequenceNumber === undefined) {
      refused = `${ErrorCode} ${ErrorMessage}`
      continue
    }
    const record = lane.shift()
    if (record !== undefined) places[record] = { shardId: ShardId, sequenceNumber: SequenceNumber }
    done++
  }
  return { done, refused }
}
