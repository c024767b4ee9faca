import fc from 'fast-check'
import { test } from 'vitest'
import { expectStraight, scenario } from './exchange.ts'

test('panes behind an exchange are those of a straight computation, over any shards, batches, redeliveries and reshards', async () => {
  await fc.assert(fc.asyncProperty(scenario, expectStraight), { numRuns: 60 })
}, 120_000)
