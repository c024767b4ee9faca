import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import * as dynamodb from '../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../lib/connectors/kinesis/index.ts'
import type { Pipeline } from '../lib/core/pipeline.ts'
import type { Sink, Stream } from '../lib/core/stream.ts'
import * as millrace from '../lib/index.ts'
import { type Drive, drive } from '../lib/testing/index.ts'
import { documented, examplesOf } from '../scripts/operators-doc.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const all = documented()
const doc = readFileSync(`${ROOT}docs/operators.md`, 'utf8')
/** What all examples speak of, and an aggregate of one's own: the part of the file that is written by hand. */
const [vocabulary = '', ...byHand] = [...(doc.split('<!--')[0] ?? '').matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code = '']) => code,
)
const examples = [
  ...byHand.map((code, index) => ({ name: `what is written by hand ${index + 1}`, code })),
  ...all.flatMap((each) =>
    examplesOf(each).map((code, index) => ({ name: `${each.name} ${index + 1}`, code })),
  ),
]

const Bid = z.object({
  id: z.string(),
  auction: z.string(),
  bidder: z.string(),
  price: z.number(),
  at: z.number(),
})
type Bid = z.infer<typeof Bid>

const BIDS: readonly Bid[] = Array.from({ length: 24 }, (_, index) => ({
  id: `bid-${index}`,
  auction: `auction-${index % 3}`,
  bidder: `bidder-${index % 5}`,
  price: ((index * 7) % 24) * 10,
  at: index * 600_000,
}))

const bids = kinesis.source({
  stream: 'bids',
  shards: 1,
  codec: millrace.json(Bid),
  eventTime: ({ at }) => at,
})
const anything: Sink<unknown> = dynamodb.sink({
  table: 'out',
  mode: 'append',
  key: ['id'],
  item: (value) => ({ value }),
})
const charged: string[] = []
const scope: Readonly<Record<string, unknown>> = {
  ...millrace,
  z,
  kinesis,
  dynamodb,
  Bid,
  source: bids,
  sink: anything,
  payments: { charge: async ({ id }: Bid) => charged.push(id) },
}

/** A whole example is a value; one that begins with `const name` is the value of that name. */
const asValue = (code: string): string => {
  const [, name] = /^const (\w+)/.exec(code) ?? []
  return name === undefined ? `return (${code}\n)` : `${code}\nreturn ${name}`
}

function evaluate(code: string): object {
  const { outputText } = ts.transpileModule(`const example = () => {${asValue(code)}}`, {
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  })
  return new Function(...Object.keys(scope), `${outputText}\nreturn example()`)(...Object.values(scope))
}

/** The pipeline that an example is, or one around the part that it is. */
function pipelineOf(example: object): Pipeline {
  if ('sinks' in example) return example as Pipeline
  if ('kind' in example && example.kind === 'stream') {
    return millrace.pipeline('example', example as Stream<unknown>, anything)
  }
  const { tumbling, count, keyBy, window, pipeline } = millrace
  const options =
    'create' in example ? { over: tumbling('1h'), aggregate: example } : { over: example, aggregate: count() }
  return pipeline('example', bids, keyBy(), window('w', options as Parameters<typeof window>[1]), anything)
}

async function outputs(driven: Drive, { sinks }: Pipeline): Promise<readonly unknown[]> {
  const tables = await Promise.all(sinks.map(({ target: { table } }) => driven.output(table)))
  return tables.flat()
}

describe('The example of', () => {
  test.each(examples)('$name runs: it makes something, and no dead letters', async ({ code }) => {
    const pipeline = pipelineOf(evaluate(code))
    const driven = drive(pipeline, { key: ({ auction }: Bid) => auction })
      .send(...BIDS)
      .end()
    expect(await driven.deadLetters()).toEqual([])
    expect(await outputs(driven, pipeline)).not.toEqual([])
  })

  test('effect has its effect once for each bid', () => {
    expect(charged.toSorted()).toEqual(BIDS.map(({ id }) => id).toSorted())
  })
})

test('all examples have the right types', () => {
  const path = `${ROOT}test/types/examples.test-d.ts`
  const names = Object.keys(millrace).concat('type Sink', 'type MergingAggregate')
  const functions = examples.map(({ code }) => `export const _ = () => {${asValue(code)}}`)
  const numbered = functions.map((each, index) => each.replace('_', `example${index}`))
  const text = [
    `import { ${names.join(', ')} } from 'millrace'`,
    `import * as dynamodb from 'millrace/dynamodb'`,
    `import * as kinesis from 'millrace/kinesis'`,
    `import * as z from 'zod'`,
    vocabulary,
    `declare const sink: Sink<unknown>`,
    `declare const payments: {
      charge(bid: Bid, options: { idempotencyKey: string; signal: AbortSignal }): Promise<void>
    }`,
    ...numbered,
  ].join('\n')
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.readFile = (name) => (name === path ? text : readFile(name))
  host.getSourceFile = (name, version) =>
    name === path ? ts.createSourceFile(name, text, version) : getSourceFile(name, version)
  const program = ts.createProgram([path], { ...options, noUnusedLocals: false }, host)
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
}, 60_000)
