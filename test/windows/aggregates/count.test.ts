import { expect, test } from 'vitest'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { expectLaws, fold } from '../../support/aggregates.ts'

test('merging in any order gives what one pass gives', () => {
  expectLaws(count(), (values) => values.length)
})

test('anything counts as one', () => {
  expect(count().result(fold(count(), [undefined, null, Number.NaN, {}]))).toBe(4)
})
