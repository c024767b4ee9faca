/** Source of a function file with two stages: numbers, put under any partition key, totalled by their last digit. */
export const twoStages = (): string => `
import { aggregate, count, keyBy, lambda, pipeline, sum, tumbling, window } from ${lib('index.ts')}
import * as dynamodb from ${lib('connectors/dynamodb/index.ts')}
import * as kinesis from ${lib('connectors/kinesis/index.ts')}

const codec = { name: 'number', decode: (bytes: Uint8Array): number => Number(Buffer.from(bytes).toString()) }

export const handler = lambda(
  pipeline(
    'totals',
    kinesis.source({ stream: 'numbers', codec, eventTime: (n: number) => n, maxOutOfOrderness: '1d', batch: { size: 20 } }),
    keyBy((n: number) => \`digit \${n % 10}\`),
    window('by-digit', { over: tumbling('1s'), aggregate: aggregate({ n: count(), total: sum((n: number) => n) }) }),
    dynamodb.sink({ table: 'totals', key: ['key', 'start'], item: ({ key, start, value }) => ({ key, start, ...value }) }),
  ),
)
`

const lib = (file: string): string => JSON.stringify(new URL(`../../lib/${file}`, import.meta.url).pathname)

/** The numbers 0 to \`count\` - 1 as records. */
export const numbers = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    data: Buffer.from(`${n}`),
    partitionKey: `${n * 7}`,
    arrival: n,
  }))

/** What the function must write of them, by key and start. */
export function totalsOf(count: number): object[] {
  const totals = new Map<string, { key: string; start: number; n: number; total: number }>()
  for (let n = 0; n < count; n++) {
    const [key, start] = [`digit ${n % 10}`, Math.floor(n / 1_000) * 1_000]
    const pane = totals.get(`${key} ${start}`) ?? { key, start, n: 0, total: 0 }
    pane.n++
    pane.total += n
    totals.set(`${key} ${start}`, pane)
  }
  return [...totals.values()].sort((a, b) => (a.key === b.key ? a.start - b.start : a.key < b.key ? -1 : 1))
}
