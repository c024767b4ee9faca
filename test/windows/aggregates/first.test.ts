import { expect, test } from 'vitest'
import { first } from '../../../lib/windows/aggregates/first.ts'
import { expectLaws, foldPlaced, placeOf } from '../../support/aggregates.ts'

const self = (value: number) => value

test('merging in any order gives the first by event time, then by position', () => {
  expectLaws(first(self), (values) => values[0] as number)
})

test('of equal event times the first in its shard counts, by a number that Number cannot hold', () => {
  const at = (sequenceNumber: string, subSequence = 0) => ({ eventTime: 5, sequenceNumber, subSequence })
  const low = '49590000000000000000000000000000000000000000000000000001'
  const firstOf = first((value: string) => value)
  const known = foldPlaced(firstOf, [
    ['second', at('49590000000000000000000000000000000000000000000000000002')],
    ['first', at(low, 1)],
    ['again', at(low, 1)],
    ['none', at(low, 2)],
  ])
  expect(firstOf.result(known)).toBe('first')
})

test('what is taken is taken by the function given', () => {
  const taken = first(({ n }: { n: number }) => -n)
  expect(taken.result(foldPlaced(taken, [[{ n: 7 }, placeOf(0)]]))).toBe(-7)
})
