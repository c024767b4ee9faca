import { expect, test } from 'vitest'
import { Outbox, sinkRecords } from '../../lib/runtime/outbox.ts'

const cursorAt = (sequenceNumber: string) => ({
  index: 0,
  sequenceNumber,
  subSequence: 0,
  arrival: 0,
  key: '',
  eventTime: 0,
})

const ENTRY = { task: 'p/w', generation: 5, epoch: 2, tick: 0 }

const newOutbox = () => {
  const cursor = cursorAt('1')
  const outbox = new Outbox(['one', 'two'], ['source', 'map', 'filter'], cursor)
  const ids = (): Record<string, string[]> =>
    Object.fromEntries(
      [...sinkRecords(outbox.stored(), ENTRY)].map(([label, records]) => [
        label,
        records.map(({ id }) => id),
      ]),
    )
  return { cursor, outbox, ids }
}

test('outputs are numbered for each record and sink by itself', () => {
  const { cursor, outbox, ids } = newOutbox()
  outbox.emit(0, 'a')
  outbox.emit(1, 'b')
  outbox.emit(0, 'c')
  cursor.sequenceNumber = '2'
  outbox.emit(0, 'd')
  cursor.subSequence = 1
  outbox.emit(0, 'e')
  expect(ids()).toEqual({
    one: ['p/w:2.1.0.0.0', 'p/w:2.1.0.0.1', 'p/w:2.2.0.0.0', 'p/w:2.2.1.0.0'],
    two: [`p/w:2.1.0.0.${2 ** 24}`],
  })
})

test('a sink gets order, id and payload, each output under the record that caused it', () => {
  const { cursor, outbox } = newOutbox()
  outbox.emit(0, { value: 1 })
  cursor.sequenceNumber = '2'
  outbox.emit(0, { value: 2 })
  const [first, second] = sinkRecords(outbox.stored(), ENTRY).get('one') ?? []
  const { task: _, ...entry } = ENTRY
  expect(first).toMatchObject({
    id: 'p/w:2.1.0.0.0',
    payload: { value: 1 },
    order: { ...entry, sequenceNumber: '1', subSequence: 0, output: 0 },
  })
  expect(second).toMatchObject({ payload: { value: 2 }, order: { sequenceNumber: '2' } })
})

test('of the outputs of a batch that overwrite the same, the last is left, under its own record', () => {
  const { cursor, outbox, ids } = newOutbox()
  outbox.emit(0, 'old', 'x')
  outbox.emit(0, 'other', 'y')
  outbox.emit(1, 'of another sink', 'x')
  cursor.sequenceNumber = '2'
  outbox.emit(0, 'new', 'x')
  outbox.emit(0, 'newest', 'x')
  outbox.emit(0, 'beside it')
  expect(outbox.length).toBe(4)
  expect(outbox.stored().records.map(({ payload }) => payload)).toEqual([
    'other',
    'of another sink',
    'newest',
    'beside it',
  ])
  expect(ids()).toEqual({
    one: ['p/w:2.1.0.0.1', 'p/w:2.2.0.0.1', 'p/w:2.2.0.0.2'],
    two: [`p/w:2.1.0.0.${2 ** 24}`],
  })
})

test('what a batch overwrote leaves no record in the outbox that caused nothing else', () => {
  const { cursor, outbox } = newOutbox()
  outbox.emit(0, 'old', 'x')
  cursor.sequenceNumber = '2'
  outbox.emit(0, 'new', 'x')
  expect(outbox.stored()).toMatchObject({ causes: [['2', 0]], records: [{ cause: 0, payload: 'new' }] })
})

test('the next batch overwrites nothing of the one before it', () => {
  const { outbox } = newOutbox()
  outbox.emit(0, 'old', 'x')
  outbox.clear()
  outbox.emit(0, 'new', 'x')
  expect(outbox.length).toBe(1)
  expect(outbox.stored().records).toMatchObject([{ payload: 'new' }])
})

test('dead letters of one record have ids of their own, in whatever order their operators fail', () => {
  const ids = (...operators: readonly [record: string, operator: string][]): Set<string | undefined> => {
    const { cursor, outbox, ids: all } = newOutbox()
    for (const [record, operator] of operators) {
      cursor.sequenceNumber = record
      outbox.emitDeadLetter(operator, {})
    }
    return new Set(all()['dead-letters'])
  }
  const inTurn = ids(['1', 'map'], ['1', 'map'], ['1', 'filter'], ['2', 'map'], ['2', 'filter'])
  const waiting = ids(['1', 'filter'], ['2', 'filter'], ['1', 'map'], ['1', 'map'], ['2', 'map'])
  expect(inTurn.size).toBe(5)
  expect(waiting).toEqual(inTurn)
})

test('dead letters are counted apart from outputs', () => {
  const { outbox } = newOutbox()
  outbox.emit(0, {})
  outbox.emitDeadLetter('map', {})
  outbox.emitDeadLetter('source', {})
  expect(outbox).toMatchObject({ length: 3, deadLetters: 2 })
})

test('after a batch the numbers begin again, even for the same record', () => {
  const { outbox, ids } = newOutbox()
  outbox.emit(0, 'a')
  const before = ids()
  outbox.clear()
  expect(outbox.length).toBe(0)
  outbox.emit(0, 'a')
  expect(ids()).toEqual(before)
})

test('an output of a sink that is not in the outbox’ list is a dead letter', () => {
  const { outbox } = newOutbox()
  outbox.emit(0, 'a')
  const records = outbox.stored().records.map((record) => ({ ...record, sink: 9 }))
  expect([...sinkRecords({ ...outbox.stored(), records }, ENTRY).keys()]).toEqual(['dead-letters'])
})
