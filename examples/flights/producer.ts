import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { arrivalOrder } from './arrivals.ts'
import { readFlights } from './columns.ts'
import { Credit } from './credit.ts'
import { feed } from './feed.ts'
import type { ProducerCommand, ProducerData, ProducerReport } from './producer-messages.ts'

// Entry of a worker thread: streams the flights into the local stream, on a core of its own.

const STREAM = 'flights'
const PRODUCER = 'flights-3m'

if (!parentPort) throw new Error('producer.ts is the entry of a worker thread: start it with new Worker(...)')
const parent = parentPort
const { database: path, limit, speed, bad } = workerData as ProducerData
const report = (message: ProducerReport) => parent.postMessage(message)

const credit = new Credit()
const stop = new AbortController()
parent.on('message', (command: ProducerCommand) => {
  if (command.type === 'credit') credit.grant(command.records)
  else stop.abort()
})

const flights = await readFlights()
const order = arrivalOrder(flights)
const total = flights.length
using database = openDatabase(path)
const streams = new LocalStreams(database)

const from = streams.producerOffset(STREAM, PRODUCER) ?? 0
const to = Math.min(limit, total)
report({ type: 'progress', offset: from, total })
const offset = await feed({
  flights,
  order,
  from,
  to,
  speed,
  bad,
  credit,
  clock: systemClock,
  signal: stop.signal,
  put: (records, reached) => {
    streams.put(STREAM, records, { producer: { name: PRODUCER, offset: reached } })
    report({ type: 'progress', offset: reached, total })
  },
})

if (offset >= total) {
  streams.end(STREAM)
  report({ type: 'ended' })
} else if (offset >= to) report({ type: 'paused' })
parent.close()
