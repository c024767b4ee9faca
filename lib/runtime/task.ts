import type { SourceNode } from '../core/graph.ts'
import type { Progress } from '../state/entry.ts'
import type { StateLog } from '../state/log.ts'
import { type ExchangeInput, ExchangeIntake } from './exchange-intake.ts'
import { Ingest, type Intake } from './ingest.ts'
import type { Lane } from './lanes.ts'
import type { Plan } from './plan.ts'
import { type GraphEnvironment, TaskGraph } from './task-graph.ts'

/** What a task that reads a source knows of it. */
export interface SourceInput {
  readonly node: SourceNode
}

/** Before the first record. */
export const START: Progress = {
  epoch: 0,
  sequenceNumber: '',
  subSequence: 0,
  watermark: Number.NEGATIVE_INFINITY,
  arrival: 0,
  arrivalWatermark: Number.NEGATIVE_INFINITY,
  tick: 0,
}

/** What this sandbox knows of a task: its state as the log's head has it, ready to go on. */
export interface TaskMemory {
  readonly graph: TaskGraph
  readonly ingest: Intake
  progress: Progress
  /** what the log has, as far as this sandbox knows */
  committed: Progress
  /** whether a reshard has ended the task: its children go on */
  sealed: boolean
  /** whether the head's outputs may still be on their way: nobody may commit over them yet */
  underWay: boolean
  /** whether the state is its parents', and not in its own log yet */
  inherited: boolean
}

/** @param lanes hash ranges in which time is not the same */
export function newMemory(
  plan: Plan,
  { input }: Task,
  environment: GraphEnvironment,
  lanes: readonly Lane[] = [],
): TaskMemory {
  const graph = new TaskGraph(plan, input.node, environment, lanes)
  const ingest =
    'range' in input ? new ExchangeIntake(input, plan.input, graph) : new Ingest(input.node, graph)
  const nothing = { sealed: false, underWay: false, inherited: false }
  return { graph, ingest, progress: START, committed: START, ...nothing }
}

/** Without a log there is no position: each batch is run as if it were the first. */
export function startAgain(memory: TaskMemory): void {
  memory.progress = START
  memory.ingest.watermark = START.watermark
}

interface TaskParts {
  readonly id: string
  readonly generation: number
  readonly stream: string
  readonly shardId: string
  readonly input: SourceInput | ExchangeInput
  /** absent without state */
  readonly log?: StateLog
}

/** One stage of one pipeline on one shard. */
export class Task {
  readonly id: string
  readonly generation: number
  readonly stream: string
  readonly shardId: string
  readonly input: SourceInput | ExchangeInput
  /** undefined without state */
  readonly log: StateLog | undefined
  /** forgotten whenever it may not be what the log says */
  memory: TaskMemory | undefined
  #last: Promise<void> = Promise.resolve()
  #inside = 0

  constructor({ id, generation, stream, shardId, input, log }: TaskParts) {
    this.id = id
    this.generation = generation
    this.stream = stream
    this.shardId = shardId
    this.input = input
    this.log = log
  }

  /** Waits for the task's other invocations in this process (protocol R9). @returns what lets the next one in */
  async enter(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    this.#inside++
    await before
    return () => {
      this.#inside--
      resolve()
    }
  }

  /** Whether an invocation works with it, or waits for it. */
  get inUse(): boolean {
    return this.#inside > 0
  }
}
