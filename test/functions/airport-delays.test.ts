import { drive } from 'millrace/testing'
import { expect, test } from 'vitest'
import { handler } from '../../functions/airport-delays.ts'

const flight = (scheduled: string, delay: number, origin = 'ATL') => ({ origin, scheduled, delay })
const driven = () => drive(handler.pipeline, { key: ({ origin }: { origin: string }) => origin })
const hour = Date.parse('2001-01-01T10:00:00Z')

test('flights become hourly delays per airport', async () => {
  const output = await driven()
    .send(
      flight('2001-01-01T10:00:00Z', 0),
      flight('2001-01-01T10:59:59Z', 30),
      flight('2001-01-01T10:30:00Z', 10, 'JFK'),
      flight('2001-01-01T11:00:00Z', 7),
    )
    .end()
    .output()
  expect(output).toEqual([
    { airport: 'ATL', hour, flights: 2, meanDelay: 15, worst: 30, over15: 0.5 },
    { airport: 'ATL', hour: hour + 3_600_000, flights: 1, meanDelay: 7, worst: 7, over15: 0 },
    { airport: 'JFK', hour, flights: 1, meanDelay: 10, worst: 10, over15: 0 },
  ])
})

test('an hour is written when the watermark has passed it, and again at each update', async () => {
  const flights = driven().send(flight('2001-01-01T10:00:00Z', 10), flight('2001-01-01T11:59:59Z', 0))
  expect(await flights.output()).toEqual([])
  flights.send(flight('2001-01-01T12:00:00Z', 0))
  expect(await flights.output()).toMatchObject([{ hour, flights: 1, worst: 10 }])
  flights.send(flight('2001-01-01T10:01:00Z', 40))
  expect(await flights.output()).toMatchObject([{ hour, flights: 2, worst: 40 }])
})

test('a flight that is later than allowed is kept beside', async () => {
  const flights = driven().send(flight('2001-01-01T20:00:00Z', 0), flight('2001-01-01T10:00:00Z', 10))
  expect(await flights.output('late-flights')).toMatchObject([
    {
      airport: 'ATL',
      origin: 'ATL',
      scheduled: '2001-01-01T10:00:00Z',
      delay: 10,
      watermark: Date.parse('2001-01-01T19:00:00Z') - 1,
      id: expect.any(String),
    },
  ])
})

test('what is no flight is a dead letter', async () => {
  const flights = driven().send({ origin: 'ATL', scheduled: 'yesterday', delay: 1 }).sendRaw('{')
  expect(await flights.deadLetters()).toMatchObject([
    { operator: 'source', error: { message: expect.stringContaining('scheduled: Invalid ISO datetime') } },
    { operator: 'source', error: { message: expect.stringContaining('the record is not JSON') } },
  ])
})
