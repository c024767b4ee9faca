import type { Pipeline, Stream } from 'millrace'
import type { AuctionEvent } from '../auction-house.ts'
import { q0 } from './q0.ts'
import { q1 } from './q1.ts'
import { q2 } from './q2.ts'
import { q5 } from './q5.ts'
import { q7 } from './q7.ts'
import { q11 } from './q11.ts'
import { q14 } from './q14.ts'
import { q15 } from './q15.ts'
import { q16 } from './q16.ts'
import { q17 } from './q17.ts'
import { q18 } from './q18.ts'
import { q19 } from './q19.ts'
import { q21 } from './q21.ts'
import { q22 } from './q22.ts'

/** The queries of Nexmark, as pipelines over the events of the auction house. */
export const queries = { q0, q1, q2, q5, q7, q11, q14, q15, q16, q17, q18, q19, q21, q22 } satisfies Record<
  string,
  (events: Stream<AuctionEvent>) => Pipeline
>

export type Query = keyof typeof queries
