import type { KinesisStreamEvent } from 'aws-lambda'
import { AuctionEvent, type Bid, timeOf } from '../../../test/nexmark/auction-house.ts'

const BOUND = 3_999

/** What one writes by hand for a query. `emit` takes its rows. */
export type HandWritten = (emit: (row: object) => void) => {
  /** @param watermark before the bid, epoch ms */
  bid(bid: Bid, time: number, watermark: number): void
  /** The watermark has moved. */
  advance?(watermark: number): void
  /** A batch has been taken: what it changed can go out. */
  flush?(): void
}

/**
 * A loop over Lambda events, on one long-lived machine: the same base64, JSON and schema as the pipeline, and
 * besides the query nothing else: no log, no order, no recovery, no counters.
 */
export function handWritten(query: HandWritten): {
  handle(event: KinesisStreamEvent): void
  end(): void
  readonly rows: readonly object[]
} {
  const rows: object[] = []
  const { bid, advance, flush } = query((row) => rows.push(row))
  let watermark = Number.NEGATIVE_INFINITY
  return {
    rows,
    handle(event) {
      for (const { kinesis } of event.Records) {
        const parsed = AuctionEvent.safeParse(JSON.parse(Buffer.from(kinesis.data, 'base64').toString()))
        if (!parsed.success) continue
        const time = timeOf(parsed.data)
        if (parsed.data.event_type === 2) bid(parsed.data.bid, time, watermark)
        if (time - BOUND - 1 > watermark) {
          watermark = time - BOUND - 1
          advance?.(watermark)
        }
      }
      flush?.()
    },
    end() {
      advance?.(Number.MAX_SAFE_INTEGER)
      flush?.()
    },
  }
}
