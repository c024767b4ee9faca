import type { KinesisStreamEvent } from 'aws-lambda'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'
import type { DataSet } from './generator/data-sets.ts'
import { linesOf } from './generator/data-sets.ts'
import { toRecords } from './records.ts'

const SHARD = 'shardId-000000000000'

/** The events of a set as Lambda gets them: batches of one shard. @param batchSize records */
export function lambdaEvents(set: DataSet, batchSize: number): KinesisStreamEvent[] {
  const builder = eventBuilder('nexmark', SHARD, 0)
  const toRecord = toRecords()
  const batches: KinesisStreamEvent[] = []
  let batch: Parameters<typeof builder.event>[0][number][] = []
  let index = 0
  for (const line of linesOf(set)) {
    const { data, partitionKey, arrival } = toRecord(line)
    const body = Buffer.from(data)
    batch.push({ index: index++, partitionKey, arrival, body, start: 0, end: body.length })
    if (batch.length < batchSize) continue
    batches.push(builder.event(batch))
    batch = []
  }
  if (batch.length > 0) batches.push(builder.event(batch))
  return batches
}
