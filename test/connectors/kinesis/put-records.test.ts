import type { Kinesis, PutRecordsCommandInput, PutRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { putInOrder } from '../../../lib/connectors/kinesis/put-records.ts'
import type { ShardRecord } from '../../../lib/core/shards.ts'
import { systemClock } from '../../../lib/time/clock.ts'

const clock = { ...systemClock, sleep: async () => {} }

const record = (text: string, explicitHashKey: bigint): ShardRecord => ({
  data: Buffer.from(text),
  partitionKey: 'k',
  explicitHashKey,
})

/** Takes of each call the records that it likes, in any order. */
class FlakyKinesis {
  readonly taken: { readonly hashKey: string; readonly text: string }[] = []
  readonly calls: PutRecordsCommandInput[] = []
  readonly #takes: () => boolean

  constructor(takes: () => boolean) {
    this.#takes = takes
  }

  readonly client = { putRecords: (input: PutRecordsCommandInput) => this.#put(input) } as unknown as Kinesis

  async #put(input: PutRecordsCommandInput): Promise<PutRecordsCommandOutput> {
    this.calls.push(input)
    const entries = [...(input.Records ?? []).entries()].reverse()
    const answers: PutRecordsCommandOutput['Records'] = []
    for (const [index, { Data, ExplicitHashKey = '' }] of entries) {
      if (this.#takes()) {
        this.taken.push({ hashKey: ExplicitHashKey, text: Buffer.from(Data ?? []).toString() })
        answers[index] = { ShardId: 'shardId-0', SequenceNumber: String(this.taken.length) }
      } else
        answers[index] = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' }
    }
    return { Records: answers, $metadata: {} }
  }
}

test('each record gets in once, and those of one hash key in order, whatever calls take', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt(0n, 3n), { maxLength: 40 }),
      fc.infiniteStream(fc.boolean()),
      async (hashKeys, likes) => {
        let refusals = 0
        const kinesis = new FlakyKinesis(() => {
          // Something gets in now and then.
          const takes = likes.next().value === true || ++refusals % 5 === 0
          return takes
        })
        const records = hashKeys.map((hashKey, n) => record(`${n}`, hashKey))
        const places = await putInOrder(kinesis.client, 's', records, clock)
        expect(places).toHaveLength(records.length)
        for (const [n, { sequenceNumber }] of places.entries()) {
          expect(kinesis.taken[Number(sequenceNumber) - 1]?.text).toBe(`${n}`)
        }
        for (const hashKey of [0n, 1n, 2n, 3n]) {
          const order = kinesis.taken
            .filter((each) => each.hashKey === `${hashKey}`)
            .map(({ text }) => Number(text))
          expect(order).toEqual(order.toSorted((a, b) => a - b))
        }
        expect(kinesis.taken).toHaveLength(records.length)
      },
    ),
  )
})

test('a call has at most 500 records and 10 MiB', async () => {
  const kinesis = new FlakyKinesis(() => true)
  const small = Array.from({ length: 1_100 }, (_, n) => record('x', BigInt(n)))
  await putInOrder(kinesis.client, 's', small, clock)
  expect(kinesis.calls.map(({ Records }) => Records?.length)).toEqual([500, 500, 100])
  kinesis.calls.length = 0
  const data = Buffer.alloc(1_048_576 - 1)
  const large = Array.from({ length: 25 }, (_, n) => ({ ...record('', BigInt(n)), data }))
  await putInOrder(kinesis.client, 's', large, clock)
  expect(kinesis.calls.map(({ Records }) => Records?.length)).toEqual([10, 10, 5])
})

test('a stream that takes nothing for long is an error that a retry may cure, after longer and longer pauses', async () => {
  const kinesis = new FlakyKinesis(() => false)
  const pauses: number[] = []
  const slow = { ...clock, sleep: async (ms: number) => void pauses.push(ms) }
  await expect(putInOrder(kinesis.client, 's', [record('a', 0n)], slow)).rejects.toMatchObject({
    code: 'RETRYABLE',
    message: expect.stringContaining(
      'took none of 1 records in 8 attempts: ProvisionedThroughputExceededException',
    ),
  })
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000])
})
