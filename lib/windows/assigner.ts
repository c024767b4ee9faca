/**
 * Which window an event time belongs to. Windows are half-open, `[start, end)`, in epoch ms: an event
 * at `start` is inside, one at `end` belongs to the next.
 */
export interface Assigner {
  readonly kind: 'tumbling'
  /** What must not change while state exists, and what error messages show: `tumbling 1h`. */
  readonly signature: string
  startOf(eventTime: number): number
  endOf(start: number): number
}
