import type { Order } from './order.ts'

/** One output on its way to a sink. */
export interface SinkRecord {
  readonly order: Order
  /** task and order: the same however often the output is delivered */
  readonly id: string
  /** what the sink's `encode` made: plain data */
  readonly payload: unknown
}

/** An output that a sink did not take. */
export interface Rejection {
  readonly record: SinkRecord
  readonly error: unknown
}

/**
 * Delivers outputs to a system. Must tell apart what it has seen: the same output may come again, and an
 * older one after a newer. A throw means that none is known to be delivered, and that all come again.
 */
export interface SinkWriter {
  /**
   * Finds out whether it can work, before the first record is touched.
   * @throws ConfigurationError if it cannot
   */
  check?(): Promise<void>
  /** @returns the outputs that the system will never take; they become dead letters */
  write(records: readonly SinkRecord[]): Promise<readonly Rejection[]>
}
