import { describe, expect, test } from 'vitest'
import { checkItem } from '../../../lib/connectors/dynamodb/item.ts'
import { InvalidOutputError } from '../../../lib/core/errors.ts'
import type { DynamoDBTarget } from '../../../lib/core/graph.ts'

const upsert: DynamoDBTarget = { type: 'dynamodb', table: 'out', key: ['id'], mode: 'upsert' }
const checked = (item: object, target = upsert) => checkItem(item, target)

class Airport {
  readonly code = 'ATL'
}

describe('An item', () => {
  test('is taken as it is', () => {
    const item = {
      id: 'a',
      number: -1.5,
      big: 2n ** 70n,
      yes: true,
      nothing: null,
      bytes: Uint8Array.of(1),
      list: [1, ['two', { three: 3 }]],
      map: { deep: { deeper: '' } },
      strings: new Set(['a', 'b']),
      numbers: new Set([1, 2n]),
      binaries: new Set([Uint8Array.of(1)]),
      bare: Object.assign(Object.create(null), { a: 1 }),
    }
    expect(checked(item)).toEqual(item)
  })

  test('loses attributes that are undefined', () => {
    expect(Object.keys(checked({ id: 'a', b: undefined, c: 1 }))).toEqual(['id', 'c'])
  })

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Airport', new Airport()],
    ['Symbol(s)', Symbol('s')],
    ['() => 1', () => 1],
  ])('with %s is refused', (shown, value) => {
    expect(() => checked({ id: 'a', value })).toThrow(InvalidOutputError)
    expect(() => checked({ id: 'a', value })).toThrow(
      `the item for table 'out' has ${shown} as 'value': DynamoDB takes strings, finite numbers`,
    )
  })

  test.each([
    ['value.mean', { mean: Number.NaN }],
    ['value.list[1].mean', { list: [1, { mean: Number.NaN }] }],
    ['value[0][1]', [[0, Number.NaN]]],
    ['value[0]', [undefined]],
    ['value', new Set([Number.NaN])],
  ])('is refused with the path of what is wrong: %s', (path, value) => {
    expect(() => checked({ id: 'a', value })).toThrow(` as '${path}': `)
  })

  test.each([
    ['no members', new Set()],
    ['members of several types', new Set([1, 'a'])],
    ['members that are objects', new Set([{}])],
    ['members that are booleans', new Set([true])],
  ])('with a set of %s is refused', (_, value) => {
    expect(() => checked({ id: 'a', value })).toThrow(InvalidOutputError)
    expect(() => checked({ id: 'a', value })).toThrow(`the item for table 'out' has a Set as 'value'`)
  })
})

describe('A key attribute', () => {
  test.each([['a'], [0], [1n], [Uint8Array.of(1)]])('can be %s', (id) => {
    expect(checked({ id })).toEqual({ id })
  })

  test.each([
    ['undefined', undefined],
    ["''", ''],
    ['null', null],
    ['true', true],
    ['a Array', []],
    ['a Uint8Array', new Uint8Array()],
  ])('cannot be %s', (shown, id) => {
    expect(() => checked({ id })).toThrow(
      `the item for table 'out' has ${shown} as key attribute 'id': expected a non-empty string, a number or bytes`,
    )
  })

  test('is checked in both parts of a key', () => {
    const target: DynamoDBTarget = { ...upsert, key: ['id', 'at'] }
    expect(() => checked({ id: 'a' }, target)).toThrow(`has undefined as key attribute 'at'`)
  })

  test('is not asked of the item where the sink writes it', () => {
    const target: DynamoDBTarget = { ...upsert, key: ['airport', 'id'], mode: 'append' }
    expect(checked({ airport: 'ATL' }, target)).toEqual({ airport: 'ATL' })
    expect(() => checked({}, target)).toThrow(`key attribute 'airport'`)
  })
})

describe('The size of an item', () => {
  const sized = (bytes: number, more: object = {}) => checked({ id: 'a', text: 'x'.repeat(bytes), ...more })

  test('is at most 400 KB, with the names of its attributes', () => {
    expect(() => sized(409_600 - 7)).not.toThrow()
    expect(() => sized(409_600 - 6)).toThrow(
      "the item for table 'out' has more than 409601 bytes: DynamoDB takes 409600, names included",
    )
  })

  test('counts text in UTF-8, and what lists, maps and sets hold', () => {
    const long = 'ü'.repeat(51_200)
    const more = {
      list: [long],
      map: { a: { b: long } },
      set: new Set([long]),
      bytes: new Uint8Array(102_360),
    }
    expect(() => sized(0, more)).not.toThrow()
    expect(() => sized(100, more)).toThrow(InvalidOutputError)
  })

  test('takes numbers for as small as they may be', () => {
    expect(() => sized(0, { list: Array.from({ length: 130_000 }, () => 1) })).not.toThrow()
  })
})

test.each([1e126, 1e-131, -1e126, 10n ** 38n])(
  'the number %s, which DynamoDB does not hold, is refused',
  (value) => {
    expect(() => checked({ id: 'a', value })).toThrow('finite numbers (of 38 digits, 1e-130 to 1e126)')
  },
)
