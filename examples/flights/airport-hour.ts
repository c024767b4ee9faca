/** One airport-hour, as the table `airport-delays` holds it. */
export interface AirportHour {
  readonly airport: string
  /** Start of the hour, epoch milliseconds. */
  readonly hour: number
  readonly flights: number
  readonly meanDelay: number
  readonly worst: number
  readonly over15: number
}

/** One line of JSON per item, its fields in a fixed order. */
export const jsonLines = (items: Iterable<AirportHour>): string =>
  Array.from(
    items,
    ({ airport, hour, flights, meanDelay, worst, over15 }) =>
      `${JSON.stringify({ airport, hour, flights, meanDelay, worst, over15 })}\n`,
  ).join('')
