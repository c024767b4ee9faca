import { describe, expect, it } from 'vitest'
import { badKindAt } from '../../../examples/flights/bad.ts'

const indexes = Array.from({ length: 100_000 }, (_, index) => index)
const badAt = (share: number) => indexes.filter((index) => badKindAt(index, share) !== undefined)

describe('badKindAt', () => {
  it('chooses the same records for ever', () => {
    // Written down, so that another hash would show: a run that is resumed must go on with the same ones
    expect(indexes.slice(0, 5_000).flatMap((index) => badKindAt(index, 0.001) ?? [])).toMatchInlineSnapshot(`
      [
        "brokenJson",
        "missingField",
      ]
    `)
    expect(badAt(0.001).slice(0, 5)).toMatchInlineSnapshot(`
      [
        3484,
        3599,
        6063,
        7781,
        7918,
      ]
    `)
  })

  it('chooses about the share that was asked for', () => {
    expect(badAt(0)).toEqual([])
    expect(badAt(0.001).length / 100).toBeCloseTo(1, 0)
    expect(badAt(0.5).length / 100_000).toBeCloseTo(0.5, 2)
    expect(badAt(1)).toHaveLength(100_000)
  })

  it('chooses at a larger share what it chooses at a smaller one, and more', () => {
    const larger = new Set(badAt(0.01))
    expect(badAt(0.001).filter((index) => !larger.has(index))).toEqual([])
  })

  it('uses all kinds about equally', () => {
    const kinds = Map.groupBy(badAt(0.5), (index) => badKindAt(index, 0.5))
    expect([...kinds.keys()].sort()).toEqual(['brokenJson', 'farFuture', 'missingField', 'notADate'])
    for (const chosen of kinds.values()) expect(chosen.length / 50_000).toBeCloseTo(0.25, 1)
  })
})
