import { expect, test } from 'vitest'
import { hash } from '../../lib/windows/hash.ts'

test('it is part of stored state, and never changes', () => {
  expect([hash('', 0), hash('a', 0), hash('ab', 0), hash('é€😀', 7)]).toMatchInlineSnapshot(`
    [
      0,
      1867108634,
      374890698,
      3560545405,
    ]
  `)
  expect([hash(0, 0), hash(1, 0), hash(-1.5, 7), hash(true, 0)]).toMatchInlineSnapshot(`
    [
      4183281807,
      42940666,
      1647938977,
      3146677174,
    ]
  `)
})

test('it is MurmurHash3, as its author tests it', () => {
  expect([hash('', 1), hash('', 0xffff_ffff)]).toEqual([0x514e_28b7, 0x81f1_6f39])
})

test('0 and -0 are one, 1 and "1" and true are three', () => {
  expect(hash(-0, 1)).toBe(hash(0, 1))
  expect(new Set([hash(1, 1), hash('1', 1), hash(true, 1)]).size).toBe(3)
})

test('every bit is on in half of the hashes, whatever the seed', () => {
  for (const seed of [0, 0x9747b28c]) {
    const hashes = Array.from({ length: 4_000 }, (_, index) => hash(`key ${index}`, seed))
    for (let bit = 0; bit < 32; bit++) {
      const on = hashes.filter((each) => (each >>> bit) & 1).length
      expect(Math.abs(on - 2_000)).toBeLessThan(160)
    }
  }
})
