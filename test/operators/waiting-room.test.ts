import { expect, test } from 'vitest'
import type { Cursor } from '../../lib/core/cursor.ts'
import { WaitingRoom } from '../../lib/operators/waiting-room.ts'

/** A room whose promises the test settles, with a log of what leaves it. */
function roomOf(concurrency: number) {
  const cursor: Cursor = { index: 0, sequenceNumber: '0', subSequence: 0, arrival: 0, key: '', eventTime: 0 }
  const log: string[] = []
  const started: number[] = []
  const promises = new Map<number, PromiseWithResolvers<number>>()
  const room = new WaitingRoom<number, number>({
    concurrency,
    cursor,
    transform(value) {
      started.push(value)
      const promise = Promise.withResolvers<number>()
      promises.set(value, promise)
      return promise.promise
    },
    pass: (value) => log.push(`${value} of ${cursor.index}`),
    fail: (error) => log.push(`${error} of ${cursor.index}`),
    output: {
      push: () => {},
      advance: (watermark) => log.push(`time ${watermark} of ${cursor.index}`),
      restore: () => {},
    },
  })
  const enter = (value: number): void => {
    cursor.index = value
    room.enter(value)
  }
  return { room, cursor, log, started, promises, enter }
}

test('elements and watermarks leave in order, each under its own cursor', async () => {
  const { room, cursor, log, promises, enter } = roomOf(10)
  enter(1)
  room.advance(10)
  enter(2)
  cursor.index = 3
  room.advance(30)
  promises.get(2)?.resolve(2)
  promises.get(1)?.reject('broken')
  await room.drain(0)
  expect(log).toEqual(['broken of 1', 'time 10 of 1', '2 of 2', 'time 30 of 3'])
  expect(room.waiting).toBe(0)
})

test('draining to a limit leaves the newest, and gives the cursor back', async () => {
  const { room, cursor, log, promises, enter } = roomOf(10)
  for (const value of [1, 2, 3]) {
    enter(value)
    promises.get(value)?.resolve(value)
  }
  await room.drain(2)
  expect(log).toEqual(['1 of 1'])
  expect(room.waiting).toBe(2)
  expect(cursor.index).toBe(3)
})

test('an element starts when one that is pending is settled, in order', async () => {
  const { room, started, promises, enter } = roomOf(2)
  for (const value of [1, 2, 3, 4]) enter(value)
  expect(started).toEqual([1, 2])
  promises.get(2)?.resolve(2)
  promises.get(1)?.resolve(1)
  await room.drain(2)
  expect(started).toEqual([1, 2, 3, 4])
})

test('a room that was cleared forgets what was pending', async () => {
  const { room, log, started, promises, enter } = roomOf(1)
  enter(1)
  enter(2)
  room.clear()
  expect(room.waiting).toBe(0)
  enter(3)
  promises.get(1)?.reject('unheard')
  promises.get(3)?.resolve(3)
  await room.drain(0)
  expect(started).toEqual([1, 3])
  expect(log).toEqual(['3 of 3'])
})
