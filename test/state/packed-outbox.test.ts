import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredOutbox } from '../../lib/state/entry.ts'
import { decodeOutbox, encodeOutbox } from '../../lib/state/entry.ts'

const outbox: StoredOutbox = {
  sinks: ['a', 'b', 'dead-letters'],
  causes: [
    ['49590000000000000000000010000000000000011000000000030141', 0],
    ['49590000000000000000000010000000000000011000000000030195', 0],
    ['49590000000000000000000010000000000000011000000000030195', 3],
  ],
  records: [
    { sink: 0, cause: 0, output: 0, payload: { key: 'x', mean: 1 / 3 } },
    { sink: 1, cause: 0, output: 16_777_216, payload: 'text' },
    { sink: 0, cause: 2, output: 1, payload: { key: 'y', mean: 0.5 } },
    { sink: 2, cause: 1, output: 0xff_ff_ff_ff, payload: { deep: { list: [1, null] } } },
  ],
}

test('an outbox comes back as it was', () => {
  expect(decodeOutbox(encodeOutbox(outbox))).toEqual(outbox)
})

test('so does one without records', () => {
  const empty = { sinks: ['a'], causes: [], records: [] }
  expect(decodeOutbox(encodeOutbox(empty))).toEqual(empty)
})

test.each([
  ['of 129 digits', ['9'.repeat(129), `${'9'.repeat(128)}8`]],
  ['far from each other', ['1', '9'.repeat(60)]],
  ['with zeros before them', ['007', '008']],
  ['that are empty, before the first record', ['', '']],
  ['0', ['0', '1']],
])('sequence numbers %s come back as they were', (_, numbers) => {
  const given = { ...outbox, causes: numbers.map((each) => [each, 0] as const), records: [] }
  expect(decodeOutbox(encodeOutbox(given))).toEqual(given)
})

test('any outbox comes back as it was', () => {
  const record = fc.record({
    sink: fc.nat(255),
    cause: fc.nat(5),
    output: fc.nat(0xff_ff_ff_ff),
    payload: fc.oneof(fc.record({ k: fc.string(), n: fc.integer() }), fc.string(), fc.array(fc.integer())),
  })
  const cause = fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 186n }).map(String), fc.nat())
  fc.assert(
    fc.property(fc.array(cause), fc.array(record), (causes, records) => {
      const given = {
        sinks: ['a'],
        causes,
        records: records.map(({ payload, ...rest }) => ({
          ...rest,
          payload: typeof payload === 'object' && !Array.isArray(payload) ? { ...payload } : payload,
        })),
      }
      expect(decodeOutbox(encodeOutbox(given))).toEqual(given)
    }),
  )
})
