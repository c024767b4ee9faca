/**
 * What became of the elements that reached an operator. Each has exactly one outcome:
 * in = passed + onTime + updated + late + filtered + failed. Panes are outputs, counted beside.
 */
export interface Counters {
  /** handed on (or to the sink) */
  passed: number
  /** taken by a window that had not closed */
  onTime: number
  /** taken only by windows that had fired already */
  updated: number
  /** refused by all its windows; by dedupe handed on, too late to be compared */
  late: number
  /** not wanted by a filter, or a duplicate */
  filtered: number
  /** became a dead letter */
  failed: number
  /** panes fired when their window closed */
  closedPanes: number
  /** panes fired again for an update within the allowed lateness */
  updatedPanes: number
  /** panes fired before their window closed */
  earlyPanes: number
  /** panes that take back another one */
  retractions: number
}

/** Counters at zero. */
export const newCounters = (): Counters => ({
  passed: 0,
  onTime: 0,
  updated: 0,
  late: 0,
  filtered: 0,
  failed: 0,
  closedPanes: 0,
  updatedPanes: 0,
  earlyPanes: 0,
  retractions: 0,
})

/** Adds `sign` times the counts of `change` to `total`, in place. */
export function addCounters(total: Counters, change: Counters, sign: 1 | -1 = 1): Counters {
  for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += sign * change[name]
  return total
}

/** How many elements reached the operator. */
export const elementsIn = (counters: Counters): number =>
  counters.passed + counters.onTime + counters.updated + counters.late + counters.filtered + counters.failed
