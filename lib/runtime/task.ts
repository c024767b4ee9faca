import type { SourceNode } from '../core/graph.ts'
import type { Progress } from '../state/entry.ts'
import type { StateLog } from '../state/log.ts'
import { Ingest } from './ingest.ts'
import type { Plan } from './plan.ts'
import { type GraphEnvironment, TaskGraph } from './task-graph.ts'

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
  readonly ingest: Ingest
  progress: Progress
  /** what the log has, as far as this sandbox knows */
  committed: Progress
}

export const newMemory = (plan: Plan, source: SourceNode, environment: GraphEnvironment): TaskMemory => {
  const graph = new TaskGraph(plan, source, environment)
  return { graph, ingest: new Ingest(source, graph), progress: START, committed: START }
}

/** Without a log there is no position: each batch is run as if it were the first. */
export function startAgain(memory: TaskMemory): void {
  memory.progress = START
  memory.ingest.watermark = START.watermark
}

/** One stage of one pipeline on one shard. */
export class Task {
  readonly id: string
  readonly generation: number
  readonly source: SourceNode
  /** absent without state */
  readonly log: StateLog | undefined
  /** forgotten whenever it may not be what the log says */
  memory: TaskMemory | undefined
  #last: Promise<void> = Promise.resolve()
  #inside = 0

  constructor(id: string, generation: number, source: SourceNode, log: StateLog | undefined) {
    this.id = id
    this.generation = generation
    this.source = source
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
