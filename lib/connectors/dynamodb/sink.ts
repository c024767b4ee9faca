import { ConfigurationError } from '../../core/errors.ts'
import type { DynamoDBTarget, SinkNode } from '../../core/graph.ts'
import type { Sink } from '../../core/stream.ts'
import { checkItem } from './item.ts'

type AttributeOf<Item> = keyof Item & string

interface SinkOptions<A, Item> {
  /** The table's name. */
  readonly table: string
  /** The item that a value becomes. Attributes that are `undefined` are left out. */
  readonly item: (value: A) => Item
}

interface UpsertOptions<A, Item> extends SinkOptions<A, Item> {
  /**
   * `upsert`: one item per key, the newest output wins. `append`: every output is an item of its own.
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

export type DynamoDBSinkOptions<A, Item> = UpsertOptions<A, Item> | AppendOptions<A, Item>

/**
 * Writes items into a DynamoDB table, each output exactly once: what is delivered again, or late, never
 * overwrites what came after it. Locally it writes the embedded store's table of that name.
 * @throws ConfigurationError for a table name that DynamoDB would refuse
 */
export const sink =
  <A, Item extends object>(options: DynamoDBSinkOptions<A, Item>): Sink<A> =>
  (input) => {
    const target = targetOf(options)
    const node: SinkNode = {
      kind: 'sink',
      op: 'dynamodb.sink',
      input,
      target,
      encode: (value: A) => checkItem(options.item(value), target),
    }
    return { kind: 'output', sinks: [node] }
  }

function targetOf<A, Item>({ table, key, mode = 'upsert' }: DynamoDBSinkOptions<A, Item>): DynamoDBTarget {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
  if (!/^[\w.-]{3,255}$/.test(table)) {
    throw new ConfigurationError(
      `'${table}' cannot name a DynamoDB table: expected 3 to 255 letters, digits, '.', '_' or '-'`,
      { table },
    )
  }
  return { type: 'dynamodb', table, key, mode }
}
