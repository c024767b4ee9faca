import type { DatabaseSync } from 'node:sqlite'
import type { KinesisStreamEvent } from 'aws-lambda'
import type { BatchReport } from '../../lib/local/batch-report.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { EventSourceMapping } from '../../lib/local/event-source-mapping.ts'
import type { FailedBatch } from '../../lib/local/failed-batch.ts'
import type { MappingOptions } from '../../lib/local/mapping-options.ts'
import type { PutRecord } from '../../lib/local/put-plan.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

/** An invocation as a test sees it: the texts of the records, and when it began. */
export interface Invocation {
  readonly texts: readonly string[]
  readonly shardId: string
  readonly at: number
  readonly event: KinesisStreamEvent
}

type Answer = (invocation: Invocation) => unknown

/** Sequence number of the record with this text. */
function sequenceOf(invocation: Invocation, text: string): string {
  const record = invocation.event.Records[invocation.texts.indexOf(text)]
  if (record === undefined) throw new Error(`No record "${text}" in ${invocation.texts}`)
  return record.kinesis.sequenceNumber
}

/** The answer that reports these records as failed. */
export const failing = (invocation: Invocation, ...texts: string[]) => ({
  batchItemFailures: texts.map((text) => ({ itemIdentifier: sequenceOf(invocation, text) })),
})

/** The texts of the records in the payload of a failure document. */
export function payloadTexts(failed: FailedBatch | undefined): string[] {
  const event: KinesisStreamEvent = JSON.parse(failed?.payload ?? '{ "Records": [] }')
  return event.Records.map((record) => textOf(record.kinesis.data))
}

const textOf = (data: string): string => Buffer.from(data, 'base64').toString()

/** A record with the text as data; the key picks the shard. */
export const record = (text: string, partitionKey = 'k', arrival?: number): PutRecord => ({
  data: Buffer.from(text),
  partitionKey,
  ...(arrival !== undefined && { arrival }),
})

/** `count` records with the texts `first`, `first + 1`, … */
export const numbered = (first: number, count: number): PutRecord[] =>
  Array.from({ length: count }, (_, i) => record(String(first + i)))

/** A stream, a mapping on it and what the function saw, all in virtual time. */
export class MappingFixture {
  readonly clock = new VirtualClock(1_000_000_000_000)
  readonly database: DatabaseSync
  readonly streams: LocalStreams
  readonly invocations: Invocation[] = []
  readonly failures: FailedBatch[] = []
  readonly reports: BatchReport[] = []
  /** What the function does; throws or answers. */
  answer: Answer = () => undefined
  /** What the destination does. */
  accept: (failed: FailedBatch) => unknown = () => undefined

  constructor(shards = 1, maxRecordBytes = 1_048_576, database = openDatabase(':memory:')) {
    this.database = database
    this.streams = new LocalStreams(database, this.clock)
    this.streams.create('s', { shards, maxRecordBytes })
  }

  mapping(options: MappingOptions = {}, functionName = 'f'): EventSourceMapping {
    return new EventSourceMapping({
      functionName,
      stream: 's',
      streams: this.streams,
      database: this.database,
      clock: this.clock,
      options,
      onBatch: (report) => this.reports.push(report),
      invoke: async (event) => {
        const [, shardId = ''] = /^(.*):/.exec(event.Records[0]?.eventID ?? '') ?? []
        const texts = event.Records.map(({ kinesis }) => textOf(kinesis.data))
        const invocation = { texts, shardId, at: this.clock.now(), event }
        this.invocations.push(invocation)
        return await this.answer(invocation)
      },
      onFailure: async (failed) => {
        await this.accept(failed)
        this.failures.push(failed)
      },
    })
  }

  /** Starts a mapping and lets it do what it can at once. */
  async started(options: MappingOptions = {}): Promise<EventSourceMapping> {
    const mapping = this.mapping(options)
    mapping.start()
    await this.clock.advance(0)
    return mapping
  }

  /** The texts of each invocation, joined: `['1 2', '3']`. */
  get batches(): string[] {
    return this.invocations.map(({ texts }) => texts.join(' '))
  }
}
