import { expect, test } from 'vitest'
import { decodeEntry, encodeEntry, isBlobReference, type LogEntry } from '../../lib/state/entry.ts'
import { draft } from '../support/state-log.ts'

const entry: LogEntry = {
  ...draft('9'.repeat(129), {
    watermark: Number.NEGATIVE_INFINITY,
    arrivalWatermark: Number.MAX_SAFE_INTEGER,
  }),
  state: [['w', [[-3_600_000, ['key', [{ n: 1 }, -1]]]]]],
  snapshot: { version: 12, parts: [{ name: 'p/1', bytes: 9_000 }] },
}

test('an entry comes back as it was: position, watermarks before the first event, pointers', () => {
  expect(decodeEntry(encodeEntry(entry))).toStrictEqual(entry)
})

test('an entry without a snapshot has none afterwards', () => {
  const first = { ...entry, snapshot: undefined, state: { blob: 'p/2' }, outbox: { blob: 'p/3' } }
  expect(decodeEntry(encodeEntry(first))).toStrictEqual(first)
})

test('state and outbox are told from references to blobs', () => {
  expect(isBlobReference({ blob: 'x' })).toBe(true)
  expect(isBlobReference(entry.outbox)).toBe(false)
  expect(isBlobReference(entry.state)).toBe(false)
  expect(isBlobReference([])).toBe(false)
})
