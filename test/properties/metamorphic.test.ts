import fc from 'fast-check'
import { test } from 'vitest'
import { cases, expectUnshaken, PIPELINES } from './metamorphic.ts'

/** More for a night: MILLRACE_RUNS=100000. */
const RUNS = Number(process.env.MILLRACE_RUNS ?? 1_000)

// fast-check prints seed and path of a failing case; they go into `fc.assert`'s parameters to see it again.
test.each(Object.keys(PIPELINES))(
  'cuts, redeliveries, crashes, zombies and stale sandboxes leave no trace in the pipeline %j',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(cases, (it) => expectUnshaken(name, it)),
      { numRuns: RUNS },
    )
  },
  120_000,
)
