import { InvalidRecordError } from '../core/errors.ts'

/**
 * The number that a user's function took from an element, refused if it is not one: a NaN would
 * silently spoil the whole window.
 */
export function numberOf(value: number, aggregate: string): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  throw refused(value, aggregate, 'a number')
}

/** The same for what is computed with: infinity would spoil the window as NaN does. */
export function finiteNumberOf(value: number, aggregate: string): number {
  if (Number.isFinite(value)) return value
  throw refused(value, aggregate, 'a finite number')
}

const refused = (value: unknown, aggregate: string, expected: string): InvalidRecordError =>
  new InvalidRecordError(
    `${aggregate}(…) took ${String(value)} from the element: expected ${expected}; check the field it reads, or filter such elements out before the window`,
    { aggregate, value },
  )
