import { expect, test } from 'vitest'
import { isoTime } from '../../lib/time/iso-time.ts'

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [-1, '1969-12-31T23:59:59.999Z'],
  [8.64e15, '+275760-09-13T00:00:00.000Z'],
  [8.64e15 + 1, '8640000000000001'],
  [-1e300, '-1e+300'],
])('%d ms is shown as %s', (time, shown) => {
  expect(isoTime(time)).toBe(shown)
})
