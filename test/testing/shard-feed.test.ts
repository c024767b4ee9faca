import { expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { map } from '../../lib/operators/map.ts'
import { all, emitted, type Reading, reading, readings, run } from '../support/readings.ts'

/** Fails so often at each reading as its `n` says. */
const flaky = () => {
  const attempts = new Map<number, number>()
  return map(({ at, n }: Reading) => {
    const attempt = (attempts.get(at) ?? 0) + 1
    attempts.set(at, attempt)
    if (attempt <= n) throw new RetryableError('busy')
    return at
  })
}

test('a batch that was not done is delivered again from its first failure on', async () => {
  const driven = run(pipeline('p', readings(), flaky(), all()))
  driven.send(reading(0, 0), reading(1, 2), reading(2, 0), reading(3, 2), reading(4, 0))
  expect(await emitted(driven)).toEqual([0, 1, 2, 3, 4])
})

test('it is given up when three attempts in a row did nothing', async () => {
  const driven = run(pipeline('p', readings(), flaky(), all()))
  driven.send(reading(0, 0), reading(1, 9), reading(2, 0))
  await expect(driven.output()).rejects.toThrow(RetryableError)
  await expect(driven.reports()).rejects.toThrow(
    /^record 1 of shardId-000000000000 was not taken in 3 attempts/,
  )
})
