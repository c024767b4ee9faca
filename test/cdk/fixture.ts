import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import type { FunctionFile } from '../../cdk/function-files.ts'
import type { EnvironmentSettings } from '../../cdk/settings.ts'
import { PipelinesStack, type PipelinesStackProps } from '../../cdk/stacks/pipelines-stack.ts'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import {
  aggregate,
  type Codec,
  count,
  effect,
  keyBy,
  map,
  type Pipeline,
  pipeline,
  tumbling,
  window,
} from '../../lib/index.ts'

const text: Codec<string> = { name: 'text', decode: (bytes) => new TextDecoder().decode(bytes) }

const bundle = mkdtempSync(join(tmpdir(), 'millrace-cdk-test-'))
writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => {}\n')
process.on('exit', () => rmSync(bundle, { recursive: true, force: true }))

interface SourceParts {
  readonly stream?: string
  readonly shards?: 1
}

const visits = ({ stream = 'visits', shards }: SourceParts = {}) =>
  kinesis.source({
    stream,
    codec: text,
    maxOutOfOrderness: '5m',
    batch: { size: 500, interval: '1500ms' },
    ...(shards && { shards }),
  })

/** Keeps state: counts per page and hour. */
export const windowed = (name = 'pages', parts: SourceParts & { readonly table?: string } = {}): Pipeline =>
  pipeline(
    name,
    visits(parts),
    keyBy(),
    window('hourly', { over: tumbling('1h'), aggregate: aggregate({ visits: count() }), late: lateVisits }),
    dynamodb.sink({
      table: parts.table ?? 'page-hours',
      key: ['page', 'hour'],
      keyTypes: { hour: 'N' },
      item: (pane) => ({ page: pane.key, hour: pane.start, ...pane.value }),
    }),
  )

const lateVisits = dynamodb.sink({
  table: 'late-visits',
  mode: 'append',
  key: ['page', 'id'],
  item: ({ key }: { key: string }) => ({ page: key }),
})

/** Keeps no state. */
export const stateless = (name = 'raw', parts: SourceParts = {}): Pipeline =>
  pipeline(
    name,
    visits(parts),
    map((page) => ({ page })),
    dynamodb.sink({ table: 'raw-visits', mode: 'append', key: ['id'], item: (visit) => visit }),
  )

/** Keeps no log, and claims on effects. */
export const effects = (name = 'mails'): Pipeline =>
  pipeline(
    name,
    visits(),
    effect('mail', () => {}, { key: (page) => page, within: '1d', onUnknown: 'retry' }),
    dynamodb.sink({ table: 'mails', mode: 'increment', key: ['page'], item: (page) => ({ page, mails: 1 }) }),
  )

/** Counts by another key than the records'. */
export const twoStages = (): Pipeline =>
  pipeline(
    'stages',
    visits(),
    keyBy((page) => page.slice(0, 1)),
    window('hourly', { over: tumbling('1h'), aggregate: aggregate({ visits: count() }), late: 'drop' }),
    dynamodb.sink({
      table: 'letter-hours',
      key: ['letter', 'hour'],
      keyTypes: { hour: 'N' },
      item: (pane) => ({ letter: pane.key, hour: pane.start, ...pane.value }),
    }),
  )

/** As `functionFiles` would find it, without a bundle of its own. */
export const functionOf = (each: Pipeline): FunctionFile => ({
  file: `functions/${each.name}.ts`,
  pipeline: each,
  bundle,
  hash: 'hash',
})

export function stackOf(
  pipelines: readonly Pipeline[],
  environment: EnvironmentSettings = {},
  props: Partial<PipelinesStackProps> = {},
): PipelinesStack {
  const functions = pipelines.map(functionOf)
  return new PipelinesStack(new App(), 'test', { functions, environment, ...props })
}

export const templateOf = (...given: Parameters<typeof stackOf>): Template =>
  Template.fromStack(stackOf(...given))
