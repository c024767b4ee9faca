import { expect, test } from 'vitest'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { filter } from '../../lib/operators/filter.ts'
import { map } from '../../lib/operators/map.ts'
import { all, emitted, type Reading, reading, readings, run } from '../support/readings.ts'

test('operators are applied from left to right', async () => {
  const both = pipe(
    map(({ n }: Reading) => n + 1),
    map((n) => n * 10),
  )
  expect(await emitted(run(pipeline('p', readings(), both, all())).send(reading(0, 1)))).toEqual([20])
})

test('the same piped operators serve two pipelines', async () => {
  const large = pipe(
    filter(({ n }: Reading) => n > 1),
    map(({ n }) => n),
  )
  const [one, two] = [pipeline('one', readings(), large, all()), pipeline('two', readings(), large, all())]
  expect(one.operators[0]).not.toBe(two.operators[0])
  expect(await emitted(run(one).send(reading(0, 1), reading(0, 2)))).toEqual([2])
})

test('with a stream first it is a stream', () => {
  const source = readings()
  const stream = pipe(
    source,
    filter(() => true),
    map(({ n }) => n),
  )
  expect(stream.kind).toBe('stream')
  expect(stream.node).toMatchObject({
    op: 'map',
    input: { node: { op: 'filter', input: { node: source.node } } },
  })
})

test('operators that end in a sink are a sink', () => {
  const output = pipe(
    map(({ n }: Reading) => n),
    all('numbers'),
  )(readings())
  expect(output).toMatchObject({ kind: 'output', sinks: [{ target: { table: 'numbers' } }] })
})
