import { expect, test } from 'vitest'
import { last } from '../../../lib/windows/aggregates/last.ts'
import { expectLaws, foldPlaced, placeOf } from '../../support/aggregates.ts'

const self = (value: number) => value

test('merging in any order gives the last by event time, then by position', () => {
  expectLaws(last(self), (values) => values.at(-1) as number)
})

test('of several elements that one record became the last counts', () => {
  const lastOf = last((value: string) => value)
  expect(
    lastOf.result(
      foldPlaced(lastOf, [
        ['one', placeOf(1)],
        ['two', placeOf(1)],
        ['before', placeOf(0)],
      ]),
    ),
  ).toBe('two')
})

test('what is taken is taken by the function given', () => {
  const taken = last(({ n }: { n: number }) => -n)
  expect(taken.result(foldPlaced(taken, [[{ n: 7 }, placeOf(0)]]))).toBe(-7)
})

test('when the function throws, what was there stays', () => {
  const picky = last((value: number) => {
    if (value === 2) throw new Error('no 2')
    return value
  })
  const known = foldPlaced(picky, [[1, placeOf(0)]])
  expect(() => picky.add(known, 2, placeOf(1))).toThrow('no 2')
  expect(known).toEqual([0, '1000000', 0, 1])
})
