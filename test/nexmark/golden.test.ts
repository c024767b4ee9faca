import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../../bench/nexmark/rows.ts'
import { drive } from '../../lib/testing/drive.ts'
import type { RawRecord } from '../../lib/testing/shard-feed.ts'
import { auctionHouse } from './auction-house.ts'
import { type GoldenSet, hashOf, hashOfFlink, recordsOf, rowsOfFlink } from './data-sets.ts'
import { type Query, queries } from './queries/index.ts'

const ALL = Object.keys(queries) as Query[]
const TIMEOUT = 60_000

async function rowsOfOurs(query: Query, records: readonly RawRecord[]): Promise<string[]> {
  const pipeline = queries[query](auctionHouse(1))
  const driven = drive(pipeline).sendRecords(records).end()
  expect(await driven.deadLetters()).toEqual([])
  const [sink] = pipeline.sinks
  return sink === undefined ? [] : rowsOf(await driven.output(), sink.target)
}

describe.each<[GoldenSet, Query[]]>([
  ['tiny', ALL],
  // Flink's rows of q0 and q1 are known of `tiny` only.
  ['small-ooo', ALL.filter((query) => query !== 'q0' && query !== 'q1')],
])("on the events of '%s'", (set, queriesOfSet) => {
  let records: RawRecord[]
  beforeAll(() => {
    records = recordsOf(set)
  })

  test.each(queriesOfSet)(
    "%s makes Flink's rows",
    async (query) => {
      const rows = await rowsOfOurs(query, records)
      const expected = rowsOfFlink(set, query)
      if (expected !== undefined) expect(rows).toEqual(expected)
      else expect(hashOf(rows)).toBe(hashOfFlink(query))
    },
    TIMEOUT,
  )
})
