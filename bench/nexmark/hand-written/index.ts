import type { Query } from '../../../test/nexmark/queries/index.ts'
import type { HandWritten } from './loop.ts'
import { q0, q1, q2, q14, q21, q22 } from './rows.ts'
import { q15, q16, q17, q18, q19 } from './tables.ts'
import { q5, q7, q11 } from './windows.ts'

/** Each query as one would write it by hand. */
export const handWrittenQueries: Readonly<Record<Query, HandWritten>> = {
  q0,
  q1,
  q2,
  q5,
  q7,
  q11,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q21,
  q22,
}
