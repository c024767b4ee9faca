import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../lib/core/errors.ts'
import { numberOf } from '../../lib/windows/number-of.ts'

test.each([0, -0, -1.5, Number.MAX_VALUE, Number.POSITIVE_INFINITY])('%d is a number', (value) => {
  expect(numberOf(value, 'sum')).toBe(value)
})

test.each([Number.NaN, undefined, null, '1', 1n])(
  '%s is not, and the message says what to check',
  (value) => {
    const take = () => numberOf(value as number, 'mean')
    expect(take).toThrow(InvalidRecordError)
    expect(take).toThrow(
      `mean(…) took ${value} from the element: expected a number; check the field it reads, or filter such elements out before the window`,
    )
  },
)
