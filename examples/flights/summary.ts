import type { AirportHour } from './airport-hour.ts'
import type { PipelineStatus } from './status.ts'
import { number } from './view.ts'

/** Airport-hours with fewer flights say little about the airport. */
const FEWEST_FLIGHTS = 10
const WORST = 10

/** The end of a run in words: what became of every record, and the worst airport-hours. */
export function summary(pipelines: readonly PipelineStatus[], items: Iterable<AirportHour>): string {
  const lines = pipelines.flatMap(conservation)
  const worst = worstHours(items)
  if (worst.length === 0) return lines.join('\n')
  return [
    ...lines,
    '',
    `The ${worst.length} worst airport-hours (largest mean delay, at least ${FEWEST_FLIGHTS} flights):`,
    '  airport  hour (UTC)         flights  mean delay  worst  over 15 min',
    ...worst.map(
      ({ airport, hour, flights, meanDelay, worst: most, over15 }) =>
        `  ${airport.padEnd(7)}  ${new Date(hour).toISOString().slice(0, 16).replace('T', ' ')}  ` +
        `${String(flights).padStart(7)}  ${`${meanDelay.toFixed(1)} min`.padStart(10)}  ` +
        `${String(most).padStart(5)}  ${`${Math.round(over15 * 100)} %`.padStart(11)}`,
    ),
  ].join('\n')
}

function conservation({ name, outcomes }: PipelineStatus): string[] {
  const { in: all, onTime, updated, late, filtered, failed, passed } = outcomes
  const sum = onTime + updated + late + filtered + failed + passed
  const parts = Object.entries({ onTime, updated, late, filtered, failed, delivered: passed })
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${number(count)} ${outcome === 'onTime' ? 'on time' : outcome}`)
  const verdict = sum === all ? 'nothing lost, nothing twice' : `DIFFERS BY ${number(all - sum)}`
  return [`${name}: ${number(all)} records in = ${parts.join(' + ')} (${verdict})`]
}

function worstHours(items: Iterable<AirportHour>): AirportHour[] {
  const worst: AirportHour[] = []
  for (const item of items) {
    if (item.flights < FEWEST_FLIGHTS) continue
    const place = worst.findIndex(({ meanDelay }) => item.meanDelay > meanDelay)
    worst.splice(place < 0 ? worst.length : place, 0, item)
    worst.length = Math.min(worst.length, WORST)
  }
  return worst
}
