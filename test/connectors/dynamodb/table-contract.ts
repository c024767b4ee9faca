import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Item } from '../../../lib/connectors/dynamodb/item.ts'
import type { DynamoDBTarget } from '../../../lib/core/graph.ts'
import type { SinkRecord, SinkWriter } from '../../../lib/core/sink-writer.ts'

/** A new table for one test. */
export interface OpenedTable {
  readonly writer: SinkWriter
  /** without the guard */
  items(): Promise<readonly Item[]>
}

type Mode = DynamoDBTarget['mode']

const KEYS: Readonly<Record<Mode, DynamoDBTarget['key']>> = {
  upsert: ['k'],
  append: ['k', 'id'],
  increment: ['k'],
}

export const targetOf = (mode: Mode, table = 'table', key = KEYS[mode]): DynamoDBTarget => ({
  type: 'dynamodb',
  table,
  key,
  mode,
})

/** An output of a task with a log; later sequence numbers are later outputs. */
export const output = (
  sequenceNumber: number | bigint,
  payload: Item,
  more: Partial<SinkRecord['order']> = {},
): SinkRecord => {
  const order = {
    generation: 1,
    epoch: 0,
    sequenceNumber: String(sequenceNumber),
    subSequence: 0,
    tick: 0,
    output: 0,
    ...more,
  }
  return { order, id: `task:${Object.values(order).join('.')}`, payload }
}

/** Items in an order of their own: servers have theirs, and one for attributes. */
const inOrder = (items: readonly Item[]): Item[] => {
  const text = (item: Item) => JSON.stringify(Object.entries(item).sort())
  return items.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}

/** What becomes of the tables of a DynamoDB sink, wherever they are (protocol R12, R13). */
export function sinkTableContract(
  name: string,
  open: (target: DynamoDBTarget) => Promise<OpenedTable>,
  { numRuns = 100 }: { readonly numRuns?: number } = {},
): void {
  const sorted = async (table: OpenedTable) => inOrder(await table.items())

  describe(`${name} with upsert`, () => {
    test.each([
      ['an older sequence number', { sequenceNumber: '9' }],
      ['an older sub-sequence', { subSequence: 1 }],
      ['an older tick', { tick: 1 }],
      ['an older output of the record', { output: 1 }],
      ['an older epoch', { epoch: 1, sequenceNumber: '99' }],
      ['an older generation', { generation: 0, epoch: 9, sequenceNumber: '99' }],
      ['the same output', { subSequence: 2, tick: 2, output: 2, epoch: 2 }],
    ])('%s never overwrites', async (_, older) => {
      const table = await open(targetOf('upsert'))
      const newest = { subSequence: 2, tick: 2, output: 2, epoch: 2 }
      await table.writer.write([output(10, { k: 'a', n: 'new' }, newest)])
      await table.writer.write([output(10, { k: 'a', n: 'old' }, { ...newest, ...older })])
      expect(await table.items()).toEqual([{ k: 'a', n: 'new' }])
    })

    test('a newer output replaces the whole item, also of the same call', async () => {
      const table = await open(targetOf('upsert'))
      await table.writer.write([output(9, { k: 'a', n: 1, gone: true }), output(10, { k: 'a', n: 2 })])
      expect(await table.items()).toEqual([{ k: 'a', n: 2 }])
      await table.writer.write([output(10, { k: 'a', n: 3 }, { output: 1 })])
      expect(await table.items()).toEqual([{ k: 'a', n: 3 }])
    })

    test('numbers of 129 digits are compared as numbers', async () => {
      const table = await open(targetOf('upsert'))
      const large = 10n ** 128n
      await table.writer.write([output(large, { k: 'a', n: 'new' })])
      await table.writer.write([output(large - 1n, { k: 'a', n: 'old' })])
      expect(await table.items()).toEqual([{ k: 'a', n: 'new' }])
    })

    test('outputs in any order, any number of times, in any calls, leave the newest of each key', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }).chain((keys) => {
            const outputs = keys.map((k, n) => output(n, { k, n }))
            return fc.record({
              outputs: fc.constant(outputs),
              calls: fc.array(fc.subarray(outputs, { minLength: 1 }), { maxLength: 4 }),
              shuffled: fc.shuffledSubarray(outputs, { minLength: outputs.length }),
              cut: fc.nat(outputs.length),
            })
          }),
          async ({ outputs, calls, shuffled, cut }) => {
            const table = await open(targetOf('upsert'))
            const all = [...calls, ...shuffled.slice(0, cut).map((each) => [each])]
            await Promise.all(all.map((records) => table.writer.write(records)))
            for (const each of shuffled.slice(cut)) await table.writer.write([each])
            const newest = new Map(outputs.map(({ payload }) => [(payload as Item).k, payload as Item]))
            expect(await sorted(table)).toEqual(inOrder([...newest.values()]))
          },
        ),
        { numRuns },
      )
    })
  })

  describe(`${name} with append`, () => {
    test('each output is an item under its id, the same again is the same item', async () => {
      const table = await open(targetOf('append'))
      const [first, second] = [output(1, { k: 'a', n: 1 }), output(1, { k: 'a', n: 2 }, { output: 1 })]
      await table.writer.write([second, first, second])
      await table.writer.write([first])
      expect(await sorted(table)).toEqual(
        inOrder([
          { k: 'a', n: 1, id: first.id },
          { k: 'a', n: 2, id: second.id },
        ]),
      )
    })

    test('takes as many outputs as there are', async () => {
      const table = await open(targetOf('append'))
      const outputs = Array.from({ length: 60 }, (_, n) => output(n, { k: 'a', n }))
      expect(await table.writer.write(outputs)).toEqual([])
      expect(await table.items()).toHaveLength(60)
    })
  })

  describe(`${name} with increment`, () => {
    test('numbers are added, other attributes are set, each output once', async () => {
      const table = await open(targetOf('increment'))
      const first = output(1, { k: 'a', n: 2, m: -1, last: 'x' })
      await table.writer.write([first])
      await table.writer.write([first])
      await table.writer.write([output(2, { k: 'a', n: 5, last: 'y', more: 1 })])
      await table.writer.write([first])
      expect(await table.items()).toEqual([{ k: 'a', n: 7, m: -1, last: 'y', more: 1 }])
    })

    test('several outputs of one call for one item are all added, and are not added again', async () => {
      const table = await open(targetOf('increment'))
      const outputs = [1, 2, 3].map((n) => output(n, { k: 'a', n }))
      await table.writer.write(outputs)
      await table.writer.write(outputs)
      expect(await table.items()).toEqual([{ k: 'a', n: 6 }])
    })

    test('big integers are added to big integers and to numbers', async () => {
      const table = await open(targetOf('increment'))
      await table.writer.write([output(1, { k: 'a', big: 2n ** 70n, n: 1n })])
      await table.writer.write([output(2, { k: 'a', big: -(2n ** 70n) + 5n, n: 2 })])
      const [item] = await table.items()
      expect([Number(item?.big), Number(item?.n)]).toEqual([5, 3])
    })

    // An entry is in the log only when the one before was delivered; what was delivered may come again, and
    // may still be on its way, as long as anybody likes.
    test('entries delivered in order, with older ones again and beside them, come to the straight sum', async () => {
      const entry = fc.array(
        fc.record({ k: fc.constantFrom('a', 'b'), n: fc.integer({ min: -9, max: 9 }) }),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ payloads: entry, again: fc.array(fc.nat(), { maxLength: 2 }) }), {
            minLength: 1,
            maxLength: 5,
          }),
          async (given) => {
            const table = await open(targetOf('increment'))
            let sequenceNumber = 0
            const entries = given.map(({ payloads }) =>
              payloads.map((each) => output(sequenceNumber++, each)),
            )
            const sums: Record<string, number> = {}
            for (const [index, records] of entries.entries()) {
              for (const { payload } of records) {
                const { k, n } = payload as { k: string; n: number }
                sums[k] = (sums[k] ?? 0) + n
              }
              const zombies = (given[index]?.again ?? []).map((n) => entries[n % (index + 1)] ?? [])
              await Promise.all([records, ...zombies].map((each) => table.writer.write(each)))
            }
            const items = await table.items()
            expect(Object.fromEntries(items.map(({ k, n }) => [k, n]))).toEqual(sums)
          },
        ),
        { numRuns },
      )
    })
  })
}
