import middy, { type MiddyfiedHandler } from '@middy/core'
import type { Context, KinesisStreamBatchResponse } from 'aws-lambda'
import { commitStep } from './middlewares/commit.ts'
import { count } from './middlewares/count.ts'
import { decode } from './middlewares/decode.ts'
import { exclusive } from './middlewares/exclusive.ts'
import { keys } from './middlewares/keys.ts'
import { loadStep } from './middlewares/load.ts'
import { publishStep } from './middlewares/publish.ts'
import { respond } from './middlewares/respond.ts'
import { runStep } from './middlewares/run.ts'
import type { BatchEvent } from './middlewares/step.ts'
import type { Stage } from './stage.ts'

/**
 * The batch path: event -> decode -> load -> run -> commit -> publish -> respond. Middy calls what comes
 * before the operators in the order written, and what comes after them in the opposite order.
 */
export function batchSteps(
  stage: Stage,
): MiddyfiedHandler<BatchEvent, KinesisStreamBatchResponse, Error, Context> {
  return middy<BatchEvent, KinesisStreamBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(decode(stage))
    .use(keys(stage))
    .use(exclusive(stage))
    .use(count(stage))
    .use(respond())
    .use(publishStep(stage))
    .use(commitStep(stage))
    .use(loadStep(stage))
    .use(runStep())
}
