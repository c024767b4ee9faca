import { drive } from 'millrace/testing'
import { expect, test } from 'vitest'
import { handler } from '../../functions/long-delays.ts'

const flight = (delay: number) => ({
  origin: 'ATL',
  destination: 'JFK',
  scheduled: '2001-01-01T10:00:00Z',
  delay,
})

test('flights of ten hours of delay and more are kept, with the hours', async () => {
  const driven = drive(handler.pipeline).send(flight(599), flight(600), flight(745))
  expect(await driven.output()).toMatchObject([
    { ...flight(600), hours: 10 },
    { ...flight(745), hours: 12 },
  ])
  expect(await driven.deadLetters()).toEqual([])
})

test('a redelivery writes nothing twice', async () => {
  const driven = drive(handler.pipeline).send(flight(600), flight(745)).redeliver().restart().redeliver()
  expect(await driven.output()).toHaveLength(2)
})
