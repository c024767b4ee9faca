import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../lib/state/binary.ts'
import { columnOf, rowsIn, rowsOf, valuesOf } from '../../lib/state/columns.ts'

const stored = <A>(value: A): A => decode(encode(value)) as A

describe('A column', () => {
  test.each([
    ['whole numbers', [1, -2, 3_000_000]],
    ['means', [1 / 3, -8 / 7, 250 / 3, 5, 0]],
    ['fractions that are no quotients of small numbers', [Math.PI, 1 / 3]],
    ['what is no finite number', [0.5, Number.NaN, Number.POSITIVE_INFINITY]],
    ['values of several kinds', [0.5, 'text', null, undefined, true, { a: 1 }, [1]]],
    ['nothing', []],
  ])('of %s comes back as it was', (_, values) => {
    expect(valuesOf(stored(columnOf(values)))).toEqual(values)
  })

  test('of quotients is kept as whole numbers', () => {
    expect(columnOf([0.5, 7, -8 / 255])).toEqual({
      numerators: [1, 7, -8],
      denominators: Uint8Array.of(2, 1, 255),
    })
  })

  test('with one value that is no quotient is kept as it is', () => {
    const values = [0.5, 1 / 257]
    expect(columnOf(values)).toEqual({ values })
  })

  test('of any numbers comes back to the last bit', () => {
    const quotient = fc.tuple(fc.integer(), fc.integer({ min: 1, max: 300 })).map(([a, b]) => a / b)
    const numbers = fc.array(fc.oneof(quotient, fc.double(), fc.integer()))
    fc.assert(
      fc.property(numbers, (values) => {
        // Nothing that is stored tells 0 from -0.
        expect(valuesOf(stored(columnOf(values))).map((value) => (value === 0 ? 0 : value))).toEqual(
          values.map((value) => (value === 0 ? 0 : value)),
        )
      }),
    )
  })
})

describe('Rows', () => {
  test('come back in their order, whatever their shapes are', () => {
    const rows = [
      { a: 1, b: 'x' },
      { b: 'y', a: 2 },
      'text',
      { a: 3, b: 'z' },
      {},
      [1, { a: 1 }],
      { a: { deep: [1.5] } },
      null,
      { a: 4, b: undefined },
    ]
    const back = rowsIn(stored(rowsOf(rows)))
    expect(back).toEqual(rows)
    expect(back.map((row) => row && Object.keys(row))).toEqual(rows.map((row) => row && Object.keys(row)))
  })

  test('of any plain data come back', () => {
    const row = fc.oneof(
      fc.dictionary(
        fc.constantFrom('a', 'b', 'c'),
        fc.oneof(fc.integer(), fc.string(), fc.array(fc.string())),
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const plain = rows.map((each) => (typeof each === 'string' ? each : { ...each }))
        expect(rowsIn(stored(rowsOf(plain)))).toEqual(plain)
      }),
    )
  })

  test('with a value named __proto__ are kept as they are', () => {
    const rows = [JSON.parse('{"a":1,"__proto__":2}')]
    expect(rowsOf(rows).groups).toMatchObject([{ names: undefined }])
  })
})
