import type { DatabaseSync } from 'node:sqlite'
import type { Plan } from '../runtime/plan.ts'
import type { Clock } from '../time/clock.ts'
import { EventSourceMapping } from './event-source-mapping.ts'
import { LocalDeadLetters } from './local-dead-letters.ts'
import type { MappingOptions } from './mapping-options.ts'
import type { Sandbox } from './sandbox.ts'
import type { LocalStreams } from './streams.ts'
import { LocalTotals } from './task-totals.ts'

/** Retries of a batch by a function without state; one with state is retried for ever (protocol R17). */
const STATELESS_RETRIES = 10

/** Most frames of one batch: they are larger than most records. */
const EXCHANGE_BATCH = 100

/** What the mappings of an engine have in common. */
export interface MappingContext {
  readonly database: DatabaseSync
  readonly streams: LocalStreams
  readonly clock: Clock
}

/** What a function of a stage is called: like its pipeline, or behind an exchange like its stream. */
export const functionNameOf = ({ pipeline, from }: Plan): string => from?.stream ?? pipeline.name

/** Triggers the function of a stage by one of the streams that the stage reads. */
export function stageMapping(
  plan: Plan,
  stream: string,
  sandbox: Sandbox,
  { database, streams, clock }: MappingContext,
): EventSourceMapping {
  const { name } = plan.pipeline
  const source = plan.sources.find((each) => each.stream === stream)
  const deadLetters = new LocalDeadLetters(database)
  const totals = new LocalTotals(database)
  const options: MappingOptions = {
    batchSize: source?.batch.size ?? EXCHANGE_BATCH,
    batchingInterval: source?.batch.interval ?? 0,
    bisectBatchOnError: true,
    retryAttempts: plan.stage === undefined ? STATELESS_RETRIES : -1,
  }
  return new EventSourceMapping({
    functionName: functionNameOf(plan),
    stream,
    streams,
    database,
    clock,
    invoke: (event) => sandbox.invoke(event),
    onFailure: (batch) => deadLetters.giveUp(name, batch),
    onCheckpoint: (shardId) => totals.settle(name, stream, shardId),
    options,
  })
}
