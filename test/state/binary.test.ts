import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StateFormatError } from '../../lib/core/errors.ts'
import { decode, encode } from '../../lib/state/binary.ts'

const roundTrip = (value: unknown): unknown => decode(encode(value))

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(),
  fc.double().map((n) => n + 0),
  fc.maxSafeInteger(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_SAFE_INTEGER,
    5e-324,
  ),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.string({ unit: 'binary' }),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.uint8ClampedArray(),
)

// MessagePack for JavaScript must not make a prototype of data: it renames this one key.
const name = fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__')

const { plainData } = fc.letrec<{ plainData: unknown }>((tie) => ({
  plainData: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('plainData')),
    fc.dictionary(name, tie('plainData'), { noNullPrototype: true }),
    fc.array(tie('plainData')).map((values) => new Set(values)),
    fc.array(fc.tuple(tie('plainData'), tie('plainData'))).map((pairs) => new Map(pairs)),
  ),
}))

describe('What is stored comes back as it was:', () => {
  test('any plain data', () => {
    fc.assert(
      fc.property(plainData, (value) => {
        expect(roundTrip(value)).toStrictEqual(value)
      }),
      { numRuns: 1_000 },
    )
  })

  test('many shapes of objects at once, large enough to be compressed', () => {
    const shapes = Array.from({ length: 5_000 }, (_, n) => ({ [`field-${n}`]: n, [`other-${n % 7}`]: [n] }))
    expect(roundTrip(shapes)).toEqual(shapes)
    expect(encode(shapes).length).toBeLessThan(JSON.stringify(shapes).length / 3)
  })

  test('objects and maps with the same keys, each as what it was', () => {
    const value = [{ a: 1 }, new Map([['a', 1]]), { a: undefined }, {}]
    expect(roundTrip(value)).toStrictEqual(value)
  })

  test('typed arrays as they were cut, in memory of their own', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
    const back = roundTrip(bytes) as Uint8Array
    expect([...back]).toEqual([2, 3])
    expect(back.buffer.byteLength).toBe(2)
  })

  test('state that was decoded can change without reaching what was stored', () => {
    const stored = encode({ bytes: new Uint8Array(1_000) })
    const copy = Buffer.from(stored)
    ;(decode(stored) as { bytes: Uint8Array }).bytes.fill(7)
    expect(Buffer.compare(stored, copy)).toBe(0)
  })
})

test('minus zero is stored as zero', () => {
  expect(roundTrip([-0])).toStrictEqual([0])
})

test.each([
  ['another format', Buffer.from([1, 0, 0xc0]), 'format 1.0'],
  ['an unknown compression', Buffer.from([2, 9, 0xc0]), 'format 2.9'],
  ['no bytes at all', Buffer.alloc(0), 'format undefined.undefined'],
])('%s is refused, with what to do', (_, bytes, format) => {
  expect(() => decode(bytes)).toThrow(StateFormatError)
  expect(() => decode(bytes)).toThrow(
    `the state was written in ${format}, and this version of millrace reads format 2: deploy the version that wrote it, or a newer one`,
  )
})
