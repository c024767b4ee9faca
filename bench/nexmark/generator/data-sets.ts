import { delayed } from './delay.ts'
import { type GeneratorOptions, nexmarkEvents } from './events.ts'
import type { NexmarkEvent } from './model.ts'

const SHUFFLED = 200

export interface DataSet extends Omit<GeneratorOptions, 'groupSize'> {
  /** Groups of 200 are shuffled, then a tenth comes up to 4 s too late. */
  readonly outOfOrder?: boolean
}

/** The sets of events that Flink's results are known of. */
export const dataSets = {
  tiny: { events: 10_000, rate: 100 },
  small: { events: 100_000, rate: 250 },
  'small-ooo': { events: 100_000, rate: 250, outOfOrder: true },
  big: { events: 2_000_000, rate: 10_000 },
} satisfies Record<string, DataSet>

const eventsOf = ({ events, rate, outOfOrder = false }: DataSet): Iterable<NexmarkEvent> =>
  outOfOrder
    ? delayed(nexmarkEvents({ events, rate, groupSize: SHUFFLED }), rate)
    : nexmarkEvents({ events, rate })

/** The events as JSON lines, without the line ends. */
export function* linesOf(set: DataSet): Generator<string> {
  for (const event of eventsOf(set)) yield JSON.stringify(event)
}
