import type { KinesisStreamEvent } from 'aws-lambda'
import { beforeAll, expect, test } from 'vitest'
import { dataSets } from '../../bench/nexmark/generator/data-sets.ts'
import { handWrittenQueries } from '../../bench/nexmark/hand-written/index.ts'
import { handWritten } from '../../bench/nexmark/hand-written/loop.ts'
import { lambdaEvents } from '../../bench/nexmark/lambda-events.ts'
import { finalRows } from '../../bench/nexmark/rows.ts'
import { auctionHouse } from './auction-house.ts'
import { rowsOfFlink } from './data-sets.ts'
import { type Query, queries } from './queries/index.ts'

let events: readonly KinesisStreamEvent[]
beforeAll(() => {
  events = lambdaEvents(dataSets.tiny, 700)
})

// What the handler's speed is compared with does the same work.
test.each(Object.keys(queries) as Query[])("%s by hand makes Flink's rows", (query) => {
  const loop = handWritten(handWrittenQueries[query])
  for (const event of events) loop.handle(event)
  loop.end()
  const rows = queries[query](auctionHouse(1)).sinks.flatMap(({ target }) => finalRows(loop.rows, target))
  expect(rows).toEqual(rowsOfFlink('tiny', query))
})
