import type { DynamoDBTarget } from '../../core/graph.ts'
import type { SinkRecord } from '../../core/sink-writer.ts'
import { type Item, incremented } from './item.ts'

/** The outputs of one call for one item, in the order of their making, the last one last. */
export type ItemRecords = readonly [SinkRecord, ...SinkRecord[]]

/** The outputs by item, items in the order of their first output. */
export function byItem({ key }: DynamoDBTarget, records: readonly SinkRecord[]): ItemRecords[] {
  const groups = new Map<string, [SinkRecord, ...SinkRecord[]]>()
  for (const record of records) {
    const name = keyText(record.payload as Item, key)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [record])
    else group.push(record)
  }
  return [...groups.values()]
}

/** Numbers and big integers of one value are one key in DynamoDB; a string of the same digits is another. */
export function keyText(item: Item, key: DynamoDBTarget['key']): string {
  let text = ''
  for (const name of key) {
    const value = name === undefined ? '' : item[name]
    const shown = value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value)
    text += `${typeof value === 'bigint' ? 'number' : typeof value} ${shown.length} ${shown}\n`
  }
  return text
}

/** The increments of one item as one, under the last one's order. */
export function summed({ key }: DynamoDBTarget, records: ItemRecords): SinkRecord {
  const [first, ...rest] = records
  const { order, id } = records.at(-1) ?? first
  const payload = rest.reduce(
    (sum, next) => incremented(sum, next.payload as Item, key),
    first.payload as Item,
  )
  return { order, id, payload }
}
