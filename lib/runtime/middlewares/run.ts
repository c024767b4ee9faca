import { run } from '../run.ts'
import { batchOf, type Step } from './step.ts'

/** Runs the operators over the batch's records, in order. */
export const runStep = (): Step => ({
  name: 'run',
  before: (request) => run(batchOf(request)),
})
