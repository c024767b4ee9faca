import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Order, orderBytes } from '../../lib/core/order.ts'
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts'
import { sequenceNumbers } from '../support/sequence-numbers.ts'

const small = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 0xff_ff_ff_ff }))

const orders: fc.Arbitrary<Order> = fc.record({
  generation: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.maxSafeNat()),
  epoch: small,
  sequenceNumber: fc.oneof(
    fc.constant(''),
    fc.constantFrom('0', '255', '256', '65535', '65536'),
    sequenceNumbers,
  ),
  subSequence: small,
  tick: small,
  output: small,
})

const compareOrders = (a: Order, b: Order): number =>
  a.generation - b.generation ||
  a.epoch - b.epoch ||
  compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) ||
  a.subSequence - b.subSequence ||
  a.tick - b.tick ||
  a.output - b.output

test('bytes compare as the orders do, part by part', () => {
  fc.assert(
    fc.property(orders, orders, fc.boolean(), fc.boolean(), (a, b, sameEpoch, sameRecord) => {
      const other: Order = {
        ...b,
        ...(sameEpoch && { generation: a.generation, epoch: a.epoch }),
        ...(sameRecord && { sequenceNumber: a.sequenceNumber }),
      }
      expect(Math.sign(Buffer.compare(orderBytes(a), orderBytes(other)))).toBe(
        Math.sign(compareOrders(a, other)),
      )
    }),
    { numRuns: 2_000 },
  )
})

const FIRST: Order = { generation: 0, epoch: 0, sequenceNumber: '', subSequence: 0, tick: 0, output: 0 }

test('the layout is the one that stored guards have', () => {
  const order = {
    generation: 1,
    epoch: 2,
    sequenceNumber: '256',
    subSequence: 3,
    tick: 4,
    output: 0xff_00_00_05,
  }
  expect(orderBytes(order).toString('hex')).toBe(
    '0000000000000001' + '00000002' + '02' + '0100' + '00000003' + '00000004' + 'ff000005',
  )
})

test('before the first record the sequence number takes no bytes', () => {
  expect(orderBytes(FIRST)).toHaveLength(8 + 4 + 1 + 12)
})

test('the longest sequence number fits', () => {
  const bytes = orderBytes({ ...FIRST, sequenceNumber: '9'.repeat(129) })
  expect(bytes.readUInt8(12)).toBe(54)
})

test('what a record caused comes before what a later tick caused', () => {
  const record = orderBytes({ ...FIRST, sequenceNumber: '7', output: 0xff_ff_ff_ff })
  const tick = orderBytes({ ...FIRST, sequenceNumber: '7', tick: 1 })
  expect(Buffer.compare(record, tick)).toBeLessThan(0)
})
