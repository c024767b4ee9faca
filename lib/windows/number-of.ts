import { InvalidRecordError } from '../core/errors.ts'

/**
 * The number that a user's function took from an element, refused if it is not one: a NaN would
 * silently spoil the whole window.
 */
export function numberOf(value: number, aggregate: string): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  throw new InvalidRecordError(
    `${aggregate}(…) took ${String(value)} from the element: expected a number; check the field it reads, or filter such elements out before the window`,
    { aggregate, value },
  )
}
