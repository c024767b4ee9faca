import { ArnFormat, Stack } from 'aws-cdk-lib'
import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { ConfigurationError } from '#lib/core/errors'
import type { DynamoDBTarget } from '#lib/core/graph'
import type { TableSettings } from '../settings.ts'
import { arnOf } from './existing-arn.ts'
import { tableProtection } from './pipeline-state.ts'
import type { Protection } from './protection.ts'
import { keyText, sinkKey } from './sink-key.ts'

export interface SinkTablesProps extends Protection {
  /** Stands before the names of tables that are created. @default '' */
  readonly prefix?: string
  /** By the name in the pipeline. @default created */
  readonly tables?: Readonly<Record<string, TableSettings>>
}

/** The tables that the pipelines of a stack write, each once: existing ones, or created with the sink's key. */
export class SinkTables extends Construct {
  /** Physical names by the names in the pipelines. */
  readonly names: Record<string, string> = {}
  readonly #tables = new Map<string, { readonly table: ITable | Table; readonly key: string | undefined }>()
  readonly #props: SinkTablesProps

  constructor(scope: Construct, id: string, props: SinkTablesProps) {
    super(scope, id)
    this.#props = props
  }

  /**
   * The table of a sink.
   * @throws ConfigurationError for a table that two sinks want with different keys, whose key is not known, or
   * with a name that DynamoDB refuses
   */
  get(target: DynamoDBTarget): ITable | Table {
    const { table: name } = target
    const known = this.#tables.get(name)
    if (known === undefined) {
      const made = this.#make(target)
      this.#tables.set(name, made)
      return made.table
    }
    const wanted = known.key && keyText(sinkKey(target))
    if (wanted !== known.key) {
      throw new ConfigurationError(
        `two sinks write table '${name}', one with the key ${known.key}, one with ${wanted}: a table has one key; name another table in one of them`,
        { table: name, keys: [known.key, wanted] },
      )
    }
    return known.table
  }

  #make(target: DynamoDBTarget): { readonly table: ITable | Table; readonly key: string | undefined } {
    const { table: name } = target
    const { prefix = '', tables = {} } = this.#props
    const settings = tables[name] ?? {}
    if ('existing' in settings) {
      const arn = arnOf(settings.existing, Stack.of(this), {
        service: 'dynamodb',
        resource: 'table',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      })
      this.names[name] = settings.existing.split('/').at(-1) ?? settings.existing
      return { table: Table.fromTableArn(this, name, arn), key: undefined }
    }
    const physical = `${prefix}${name}`
    if (physical.length > 255) {
      throw new ConfigurationError(
        `table '${physical}' has a name of ${physical.length} characters: DynamoDB takes 255; shorten the environment's prefix or the table's name`,
        { table: physical },
      )
    }
    const key = sinkKey(target)
    const { timeToLiveAttribute } = settings
    this.names[name] = physical
    const table = new Table(this, name, {
      tableName: physical,
      ...key,
      ...(timeToLiveAttribute !== undefined && { timeToLiveAttribute }),
      ...tableProtection(this.#props),
    })
    return { table, key: keyText(key) }
  }
}

/** What the sink's writer calls; the first is also how it finds out whether the table is there. */
const ACTIONS: Readonly<Record<DynamoDBTarget['mode'], readonly string[]>> = {
  upsert: ['dynamodb:UpdateItem', 'dynamodb:PutItem'],
  increment: ['dynamodb:UpdateItem'],
  append: ['dynamodb:UpdateItem', 'dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
}

export const sinkActions = ({ mode }: DynamoDBTarget): readonly string[] => ACTIONS[mode]
