import { tzOffset } from '@date-fns/tz/tzOffset'
import { ConfigurationError } from '../core/errors.ts'
import type { Assigner } from './tumbling-receiver.ts'

export const DAY = 86_400_000

/** A zone's clock is changed at most once in so much time before and after a moment. */
const AROUND = 2 * DAY

/** So many ends of windows are remembered. */
const MOST_KNOWN = 1_000

/**
 * Windows of whole days by the clocks of a time zone: a day lasts 23 or 25 hours when they are changed.
 * @param size ms, a multiple of a day
 * @param offset ms after midnight, and after the first of 1970, at which a window begins
 * @throws ConfigurationError for a zone that is not there
 */
export function calendarDays(size: number, offset: number, timeZone: string): Assigner {
  const zone = new Zone(timeZone)
  const startOfNumber = (n: number): number => zone.first(n * size + offset)
  let known: { start: number; end: number } | undefined
  const ends = new Map<number, number>()

  const windowOf = (time: number): { start: number; end: number } => {
    if (known !== undefined && known.start <= time && time < known.end) return known
    let n = Math.floor((time + zone.offset(time) - offset) / size)
    while (startOfNumber(n) > time) n--
    while (startOfNumber(n + 1) <= time) n++
    known = { start: startOfNumber(n), end: startOfNumber(n + 1) }
    if (ends.size >= MOST_KNOWN) ends.clear()
    ends.set(known.start, known.end)
    return known
  }
  return {
    startOf: (time) => windowOf(time).start,
    endOf: (start) => ends.get(start) ?? windowOf(start).end,
  }
}

/** The clocks of a time zone. */
class Zone {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
    if (Number.isNaN(tzOffset(name, new Date(0)))) {
      throw new ConfigurationError(
        `there is no time zone '${name}': expected a name of the IANA database, such as 'Europe/Berlin'`,
        { timeZone: name },
      )
    }
  }

  /** How far its clocks are ahead of UTC, ms. */
  offset(time: number): number {
    return Math.round(tzOffset(this.#name, new Date(time)) * 60_000)
  }

  /** The first moment at which its clocks show `local`, or more if they leave that out. */
  first(local: number): number {
    const [before, after] = [this.offset(local - AROUND), this.offset(local + AROUND)]
    const [a, b] = [local - before, local - after]
    if (this.offset(a) === before) return this.offset(b) === after ? Math.min(a, b) : a
    if (this.offset(b) === after) return b
    return this.#change(b, a, before)
  }

  /** The moment at which the offset is no longer `before`. */
  #change(low: number, high: number, before: number): number {
    let [last, next] = [low, high]
    while (next - last > 1) {
      const middle = Math.floor((last + next) / 2)
      if (this.offset(middle) === before) last = middle
      else next = middle
    }
    return next
  }
}
