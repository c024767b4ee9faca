import { ConfigurationError } from '../../core/errors.ts'
import type { DynamoDBTarget, Edge, SinkNode } from '../../core/graph.ts'
import type { Sink } from '../../core/stream.ts'
import { keyText } from './coalesce.ts'
import { type Item as CheckedItem, checkItem } from './item.ts'

type AttributeOf<Item> = keyof Item & string

interface SinkOptions<A, Item> {
  /** The table's name. */
  readonly table: string
  /** The item that a value becomes. Attributes that are `undefined` are left out. */
  readonly item: (value: A) => Item
  /**
   * DynamoDB's types of key attributes, for the CDK to create the table with: `{ hour: 'N' }`. That of a sort
   * key must be said, unless the sink writes it (`append`).
   * @default 'S' for a partition key: keys of elements are strings
   */
  readonly keyTypes?: KeyTypes<NoInfer<Item>>
}

/** For each attribute the type that its values have in DynamoDB. */
type KeyTypes<Item> = { readonly [Name in keyof Item & string]?: KeyType<Item[Name]> }

type KeyType<Value> = Value extends string
  ? 'S'
  : Value extends number | bigint
    ? 'N'
    : Value extends Uint8Array
      ? 'B'
      : never

interface UpsertOptions<A, Item> extends SinkOptions<A, Item> {
  /**
   * `upsert`: one item per key, the newest output wins. `append`: every output is an item of its own.
   * `increment`: numbers are added to the item's, other attributes are set.
   * @default 'upsert'
   */
  readonly mode?: 'upsert'
  /** The attributes of the table's key: its partition key and, if it has one, its sort key. */
  readonly key: readonly [AttributeOf<Item>] | readonly [AttributeOf<Item>, AttributeOf<Item>]
}

interface AppendOptions<A, Item> extends SinkOptions<A, Item> {
  readonly mode: 'append'
  /** The last attribute is written by the sink: the output's id, the same however often it is delivered. */
  readonly key: readonly [id: string] | readonly [AttributeOf<Item>, id: string]
}

interface IncrementOptions<A, Item> extends SinkOptions<A, Item> {
  /**
   * Adds the numbers of `item` that stand beside its key to those of the table's item, each output exactly
   * once. The key must determine the key that the elements are partitioned by (the key of `keyBy`, else the
   * record's partition key): `['airport']` or `['airport', 'day']` behind a window by airport, never
   * `['day']` alone. An item that two tasks add to takes the later order's increments only.
   * Sums of integers are exact; fractions are added in decimal, to 38 digits.
   */
  readonly mode: 'increment'
  readonly key: readonly [AttributeOf<Item>] | readonly [AttributeOf<Item>, AttributeOf<Item>]
}

export type DynamoDBSinkOptions<A, Item> =
  | UpsertOptions<A, Item>
  | AppendOptions<A, Item>
  | IncrementOptions<A, Item>

/**
 * Writes items into a DynamoDB table, each output exactly once: what is delivered again, or late, never
 * overwrites what came after it. Locally it writes the embedded store's table of that name. In AWS the
 * function needs `table.grantWriteData(fn)`. An item is written under its order in `millrace:order`.
 * @example
 * pipeline(
 *   'bids-by-auction',
 *   source,
 *   dynamodb.sink({
 *     table: 'bids',
 *     mode: 'append',
 *     key: ['auction', 'id'],
 *     item: (bid) => ({ auction: bid.auction, price: bid.price }),
 *   }),
 * )
 * @throws ConfigurationError for a table name that DynamoDB would refuse, or for `increment` behind a window
 * that fires again what it has fired before
 */
export const sink =
  <A, Item extends object>(options: DynamoDBSinkOptions<A, Item>): Sink<A> =>
  (input) => {
    const target = targetOf(options)
    if (target.mode === 'increment') refuseUpdates(input, target.table)
    const node: SinkNode = {
      kind: 'sink',
      op: 'dynamodb.sink',
      input,
      target,
      encode: (value: A) => checkItem(options.item(value), target),
      ...(target.mode === 'upsert' && { overwrites: (item: CheckedItem) => keyText(item, target.key) }),
      open: async (resourceName) => {
        const { openWriter } = await import('./open-writer.ts')
        return openWriter({ ...target, table: resourceName(target.table) })
      },
    }
    return { kind: 'output', sinks: [node] }
  }

function targetOf<A, Item>({
  table,
  key,
  keyTypes,
  mode = 'upsert',
}: DynamoDBSinkOptions<A, Item>): DynamoDBTarget {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
  if (!/^[\w.-]{3,255}$/.test(table)) {
    throw new ConfigurationError(
      `'${table}' cannot name a DynamoDB table: expected 3 to 255 letters, digits, '.', '_' or '-'`,
      { table },
    )
  }
  return { type: 'dynamodb', table, key, mode, ...(keyTypes && { keyTypes }) }
}

/** An update holds what the one before it held, and more: added up, it would count twice. */
function refuseUpdates({ node, port }: Edge, table: string): void {
  if (node.kind === 'source') return
  if (port === 'main' && node.refires === true) {
    if (node.op !== 'window') {
      throw new ConfigurationError(
        `the sink of table '${table}' adds up what '${node.name}' makes, and each result of a ${node.op} stands for the one before it: use mode 'upsert'`,
        { table, operator: node.name },
      )
    }
    throw new ConfigurationError(
      `the sink of table '${table}' adds up panes of '${node.name}', and its 'allowedLateness' or 'emit' fires a window again with all that it held before: use mode 'upsert' with the window's start in the key, let the window have panes: 'discarding', or leave 'allowedLateness' and 'emit' out`,
      { table, operator: node.name },
    )
  }
  if (node.signature === undefined) refuseUpdates(node.input, table)
}
