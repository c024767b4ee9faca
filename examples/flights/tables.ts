import type { DatabaseSync } from 'node:sqlite'
import { type DynamoDB, paginateScan } from '@aws-sdk/client-dynamodb'

import { plainItem } from '../../lib/connectors/dynamodb/attribute-values.ts'
import { localItems } from '../../lib/local/index.ts'
import type { AirportHour } from './airport-hour.ts'

/** The tables that the flights end in, wherever they are. */
export interface FlightTables {
  /** by airport, then hour */
  airportHours(): Promise<readonly AirportHour[]>
  /** how many there are */
  lateFlights(): Promise<number>
}

/** Those of the embedded store. */
export const embeddedTables = (database: DatabaseSync): FlightTables => ({
  airportHours: async () => Array.from(localItems(database, 'airport-delays'), (item) => JSON.parse(item)),
  lateFlights: async () => Array.from(localItems(database, 'late-flights')).length,
})

/** Those of a DynamoDB, which keeps no order among partition keys. */
export const dynamodbTables = (client: DynamoDB): FlightTables => ({
  airportHours: async () => {
    const items: AirportHour[] = []
    for await (const { Items = [] } of paginateScan(
      { client },
      { TableName: 'airport-delays', ConsistentRead: true },
    )) {
      for (const item of Items) items.push(plainItem(item) as unknown as AirportHour)
    }
    return items.sort((a, b) => (a.airport === b.airport ? a.hour - b.hour : a.airport < b.airport ? -1 : 1))
  },
  lateFlights: async () => {
    let count = 0
    const scan = paginateScan(
      { client },
      { TableName: 'late-flights', ConsistentRead: true, Select: 'COUNT' },
    )
    for await (const { Count = 0 } of scan) count += Count
    return count
  },
})
