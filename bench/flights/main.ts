import { parseArgs } from 'node:util'
import type { Context } from 'aws-lambda'
import { handler } from '../../functions/airport-delays.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { flightEvents } from './events.ts'
import { handWritten } from './hand-written.ts'

/**
 * Throughput of the airport-delays handler (state log, outbox, sink in memory) against a hand-written loop
 * over the same Lambda events, in one process, turn by turn on blocks of 250,000 flights.
 */
export async function flights(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { limit: { type: 'string', default: '3000000' } },
  })
  const environment = new MemoryEnvironment(new VirtualClock())
  environment.streams.create('flights', { shards: 4 })
  handler.connect(environment)
  const loop = handWritten()
  let records = 0
  const spent = { handler: 0, loop: 0 }
  const ratios: number[] = []
  for await (const events of flightEvents(Number(values.limit))) {
    const started = performance.now()
    for (const event of events) loop.handle(event)
    const between = performance.now()
    for (const event of events) await handler(event, {} as Context)
    const ended = performance.now()
    records += events.reduce((sum, { Records }) => sum + Records.length, 0)
    spent.loop += between - started
    spent.handler += ended - between
    ratios.push((between - started) / (ended - between))
  }
  const perSecond = (ms: number): string => `${Math.round(records / ms)} thousand records/s`
  ratios.sort((a, b) => a - b)
  console.log(`flights, ${records} records, ${loop.items.length} panes by the loop`)
  console.log(`hand-written loop  ${perSecond(spent.loop)}`)
  console.log(`handler            ${perSecond(spent.handler)}`)
  console.log(
    `ratio              ${(spent.loop / spent.handler).toFixed(2)} (blocks: ${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`,
  )
}
