import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { InvalidRecordError, StateFormatError } from '../../lib/core/errors.ts'
import { WHOLE_RANGE } from '../../lib/core/hash-key.ts'
import { decodeFrame, encodeFrame, type FrameHead, MAX_FRAME_BYTES } from '../../lib/runtime/frame.ts'

const head: FrameHead = {
  task: 'p/source/g1m64/s/shardId-000000000003',
  epoch: 2,
  version: 7,
  watermark: Number.NEGATIVE_INFINITY,
  range: WHOLE_RANGE,
  previous: [
    {
      range: WHOLE_RANGE,
      value: [
        { task: '', version: 4 },
        { task: 'parent', version: 9 },
      ],
    },
  ],
}
const never = (): never => {
  throw new Error('fits')
}
const elements = (...values: unknown[]) => ({
  keys: values.map((_, index) => `key ${index}`),
  times: values.map((_, index) => index),
  values,
})

describe('A frame', () => {
  test('comes back as it was, with dates, maps and large integers', () => {
    const values = [{ at: new Date(5), by: new Map([['a', 1]]), n: 2n ** 60n }, null, 'text']
    const [bytes, ...others] = encodeFrame(head, elements(...values), never)
    expect(others).toEqual([])
    expect(decodeFrame(bytes ?? Buffer.of())).toEqual({
      ...head,
      part: 0,
      last: true,
      ...elements(...values),
    })
  })

  test('without elements is one part, which carries the watermark and with a seal the children', () => {
    const seal = { ...head, watermark: 5, children: ['c1', 'c2'] }
    const parts = encodeFrame(seal, elements(), never)
    expect(parts.map(decodeFrame)).toEqual([{ ...seal, part: 0, last: true, ...elements() }])
  })

  test('is cut into parts that fit into a record, and only the last one is marked so', () => {
    const values = Array.from({ length: 9 }, () => randomBytes(300_000).toString('latin1'))
    const parts = encodeFrame(head, elements(...values), never)
    expect(parts.length).toBeGreaterThan(1)
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
    const frames = parts.map(decodeFrame)
    expect(frames.map(({ part, last }) => [part, last])).toEqual(
      frames.map((_, index) => [index, index === frames.length - 1]),
    )
    expect(frames.flatMap(({ values: part }) => part)).toEqual(values)
    expect(frames.flatMap(({ keys }) => keys)).toEqual(elements(...values).keys)
  })

  test('leaves out an element that no record can hold, and says why', () => {
    const refused: [number, string][] = []
    const unreadable = {
      get field(): never {
        throw new Error('gone')
      },
    }
    const values = ['small', randomBytes(1_100_000).toString('base64'), 'smaller', unreadable]
    const parts = encodeFrame(head, elements(...values), (index, error) =>
      refused.push([index, error.message]),
    )
    expect(parts.map(decodeFrame).flatMap(({ values: part }) => part)).toEqual(['small', 'smaller'])
    expect(refused).toEqual([
      [
        1,
        expect.stringMatching(/^an element takes \d+ bytes, and a record of the exchange's stream at most/),
      ],
      [3, expect.stringMatching(/^an element cannot be sent through the exchange .*: expected plain data$/)],
    ])
  })
})

test('what somebody else put into the stream is an invalid record', () => {
  expect(() => decodeFrame(Buffer.from('{"a":1}'))).toThrow(InvalidRecordError)
})

test('a frame of another version of millrace is no invalid record: it must not be skipped', () => {
  const [bytes = Buffer.of()] = encodeFrame(head, elements(1), never)
  const other = Buffer.from(bytes)
  other[3] = 99
  expect(() => decodeFrame(other)).toThrow(StateFormatError)
})
