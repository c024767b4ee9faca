import { load } from '../load.ts'
import type { Stage } from '../stage.ts'
import { batchOf, type Step } from './step.ts'

/** Puts the task's state into memory, if it is not there. */
export const loadStep = (stage: Stage): Step => ({
  name: 'load',
  before: (request) => load(stage, batchOf(request)),
})
