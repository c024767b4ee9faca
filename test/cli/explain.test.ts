import { expect, test } from 'vitest'
import { explain } from '../../lib/cli/explain.ts'
import { explainAsMermaid } from '../../lib/cli/explain-mermaid.ts'
import { span } from '../../lib/cli/explain-parts.ts'
import { explainAsTree } from '../../lib/cli/explain-tree.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { merge } from '../../lib/operators/merge.ts'
import { window } from '../../lib/operators/window.ts'
import { plansOf } from '../../lib/runtime/plan.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings, readingsOf } from '../support/readings.ts'

const exchanged = () =>
  pipeline(
    'p',
    merge(
      pipe(readings('1h'), dedupe('once', { by: ({ n }) => `${n}`, within: '2d' })),
      pipe(
        readingsOf('others'),
        map((value: Reading) => value),
      ),
    ),
    branch(
      pipe(
        keyBy(({ n }) => `${n}`),
        window('w', { over: tumbling('10m'), aggregate: count(), late: all('late') }),
        all('out'),
      ),
      all('raw'),
    ),
  )

test('a tree shows stages, exchanges, keys, state and windows', () => {
  expect([...explainAsTree(plansOf(exchanged()))]).toEqual([
    "pipeline 'p'",
    "├─ stage 'once': a task for each shard of 'readings' and 'others'",
    "│  ├─ kinesis.source 'readings': text; event time, up to 1h out of order, idle after 1m; batches of 100",
    "│  │  └─ dedupe 'once': dedupe 2d; state by element",
    '│  │     └─ merge',
    "│  │        ├─ keyBy: keyed by a function, through the exchange 'p.w' to stage 'w'",
    '│  │        └─ dynamodb.sink(raw): append, key id',
    "│  └─ kinesis.source 'others': text; event time, up to 0ms out of order, idle after 1m; batches of 100",
    '│     └─ map',
    '│        └─ merge (as above)',
    "└─ stage 'w': a task for each shard of 'p.w'",
    "   └─ exchange 'p.w'",
    "      └─ window 'w': tumbling 10m: count; state by the key of keyBy(f)",
    '         ├─ dynamodb.sink(out): append, key id',
    '         └─ late: dynamodb.sink(late): append, key id',
  ])
})

test('a Mermaid flowchart has each part once, in its stage, and an edge for each way', () => {
  const lines = [...explainAsMermaid(plansOf(exchanged()))]
  expect(lines[0]).toBe('flowchart LR')
  expect(lines.filter((line) => line.startsWith('  subgraph'))).toEqual([
    '  subgraph stage1["once"]',
    '  subgraph stage2["w"]',
  ])
  const parts = lines.flatMap((line) => /^ +(part\d+)[[(]/.exec(line)?.[1] ?? [])
  expect(new Set(parts).size).toBe(parts.length)
  const edges = lines.flatMap((line) => {
    const [, from, port, to] = /^ {2}(part\d+) -->(?:\|(\w+)\|)? (part\d+)$/.exec(line) ?? []
    return from === undefined ? [] : [{ from, port, to }]
  })
  expect(edges).toHaveLength(9)
  expect(edges.filter(({ port }) => port === 'late')).toHaveLength(1)
  for (const { from, to } of edges) expect(parts).toEqual(expect.arrayContaining([from, to]))
})

test('quotes in a name do not end a text', () => {
  const quoted = readingsOf('a')
  const codec = { name: 'of "Reading" #1', decode: () => ({ key: '', at: 0, n: 0 }) }
  if (quoted.node.kind !== 'source') throw new Error('no source')
  const made = pipeline('p', { ...quoted, node: { ...quoted.node, codec } }, all())
  expect([...explainAsMermaid(plansOf(made))].join('\n')).toContain('of #quot;Reading#quot; #35;1')
})

test.each([
  [1, '1ms'],
  [0, '0ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [172_800_000, '2d'],
])('%i ms are written as %s', (ms, written) => {
  expect(span(ms)).toBe(written)
})

test('a file without a pipeline is refused, and so is none', async () => {
  await expect(explain(['lib/core/errors.ts'], false)).rejects.toThrow(ConfigurationError)
  await expect(explain(['lib/core/errors.ts'], false)).rejects.toThrow('exports no pipeline')
  await expect(explain([], false)).rejects.toThrow('millrace explain functions/x.ts')
})
