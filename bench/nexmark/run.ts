import { ConfigurationError } from '../../lib/core/errors.ts'
import { drive } from '../../lib/testing/drive.ts'
import type { RawRecord } from '../../lib/testing/shard-feed.ts'
import { auctionHouse } from '../../test/nexmark/auction-house.ts'
import { type Query, queries } from '../../test/nexmark/queries/index.ts'
import { toRecords } from './records.ts'
import { rowsOf } from './rows.ts'

/** Records put at a time. */
const BLOCK = 10_000

/**
 * Runs a query over events through the handler that Lambda gets, everything it connects to in memory.
 * @returns the rows as canonical JSON lines
 * @throws ConfigurationError for an event that the pipeline refuses
 */
export async function runQuery(query: Query, lines: AsyncIterable<string>, shards = 1): Promise<string[]> {
  const pipeline = queries[query](auctionHouse(shards === 1 ? 1 : undefined))
  const driven = drive(pipeline, { shards })
  const toRecord = toRecords()
  let block: RawRecord[] = []
  for await (const line of lines) {
    block.push(toRecord(line))
    if (block.length < BLOCK) continue
    await driven.sendRecords(block).reports()
    block = []
  }
  driven.sendRecords(block).end()
  const items = await driven.output()
  const [letter] = await driven.deadLetters()
  const [sink] = pipeline.sinks
  if (letter !== undefined) {
    throw new ConfigurationError(`${letter.operator} refused an event: ${letter.error.message}`, { letter })
  }
  return sink === undefined ? [] : rowsOf(items, sink.target)
}
