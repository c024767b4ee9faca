import { STRIKES } from './chaos.ts'
import { PIPELINES } from './pipelines.ts'
import { OUTCOMES, USER_OUTCOMES } from './scheduler.ts'

const STORE_CALLS = [
  'open',
  'load',
  'append',
  'mark',
  'attempt',
  'put',
  'get',
  'delete',
  'list',
  'write',
  'claim',
]
const USER_CALLS = ['later', 'effect']

/** What else is noted when it happens. */
const TURNS = [
  'a batch is halved',
  'a commit is lost to another',
  'a limit is halved',
  'a partial failure',
  'a record ends its process',
  'a snapshot in a blob',
  'a snapshot in its entry',
  'a snapshot of several parts',
  'an answer is lost',
  'an effect happens again',
  'an outbox in a blob',
  'an own entry is found in the log',
  'a state in a blob',
  'nothing may go wrong any more',
  'past the deadline',
  'user code throws',
]

/** All that some thousand seeds must have met with. */
export const EVENTS: readonly string[] = [
  ...STORE_CALLS.flatMap((call) =>
    [...OUTCOMES, 'by a dead process', 'by a zombie'].map((each) => `${call}: ${each}`),
  ),
  ...USER_CALLS.flatMap((call) => USER_OUTCOMES.map((each) => `${call}: ${each}`)),
  ...STRIKES.map((strike) => `chaos: ${strike}`),
  ...Object.keys(PIPELINES).map((name) => `pipeline ${name}`),
  ...TURNS,
]
