import { RetryableError } from '../core/errors.ts'
import { covers } from '../core/hash-key.ts'
import type { Shard } from '../core/shards.ts'
import type { LogEntry } from '../state/entry.ts'
import { type Estate, inheritedState } from './inherited-state.ts'
import { inheritedLanes, revivedLanes, storedLanes } from './lanes.ts'
import type { Tick } from './middlewares/step.ts'
import { publish } from './publish.ts'
import type { Stage } from './stage.ts'
import { newMemory, type Task, type TaskMemory } from './task.ts'

const SEAL_ATTEMPTS = 20

/** Thrown for a tick that comes to a task whose parents are not read to their ends yet: it does nothing. */
export class NotEnded extends Error {}

/**
 * What the log says of a task, with the head's outbox delivered again unless it is known to be delivered
 * (protocol R7). A task that has never committed begins with what its shard's parents left.
 * @param tick the one that comes to the task: it leaves outputs that may be under way to whoever made them (R21),
 * and seals parents only once they are known to be read to their ends (R28)
 * @throws NotEnded if they are not
 */
export async function openTask(stage: Stage, task: Task, tick: Tick | undefined): Promise<TaskMemory> {
  const loaded = await task.log?.load()
  if (task.log === undefined) return newMemory(stage.plan, task, stage.environment)
  if (loaded === undefined) return await inherit(stage, task, tick)
  const memory = newMemory(stage.plan, task, stage.environment, revivedLanes(loaded.entry.lanes))
  const { entry, outbox, delivered, snapshot, changes } = loaded
  for (const state of snapshot) memory.graph.state.revive(state)
  memory.graph.state.snapshotTaken()
  for (const state of changes) memory.graph.state.revive(state)
  memory.graph.restore(entry.counters, entry.watermark)
  memory.ingest.watermark = entry.watermark
  const { epoch, sequenceNumber, subSequence, watermark, arrival, arrivalWatermark } = entry
  memory.progress = {
    epoch,
    sequenceNumber,
    subSequence,
    watermark,
    arrival,
    arrivalWatermark,
    tick: entry.tick,
    ...(entry.lanes && { lanes: entry.lanes }),
  }
  memory.committed = memory.progress
  memory.sealed = entry.sealed
  if (delivered || outbox.records.length === 0) return memory
  memory.underWay = mayBeUnderWay(entry, tick, stage)
  if (memory.underWay) return memory
  await publish(stage, outbox, { task: task.id, generation: task.generation, epoch, tick: entry.tick })
  await task.log.markDelivered()
  return memory
}

/** Whether the invocation that committed an entry may still be at work: a tick leaves its outputs to it (R21). */
const mayBeUnderWay = ({ committedAt }: LogEntry, tick: Tick | undefined, { environment }: Stage): boolean =>
  tick !== undefined && 'timeout' in tick && environment.clock.now() - committedAt < tick.timeout

/** Begins a task where its parents ended, once they are sealed. */
async function inherit(stage: Stage, task: Task, tick: Tick | undefined): Promise<TaskMemory> {
  const { shard, parents } = await stage.familyOf(task)
  if (shard === undefined || parents.length === 0) return newMemory(stage.plan, task, stage.environment)
  const sealed: TaskMemory[] = []
  const estates: Estate[] = []
  for (const parent of parents) {
    const { id, log, memory: left } = await seal(stage, task.stream, parent, tick)
    sealed.push(left)
    estates.push({ task: id, version: log.version, range: parent, state: left.graph.state.everything() })
  }
  const least = (part: 'watermark' | 'arrivalWatermark') =>
    Math.min(...sealed.map(({ progress }) => progress[part]))
  const most = (part: 'epoch' | 'arrival') => Math.max(...sealed.map(({ progress }) => progress[part]))
  const watermarks = sealed.map(({ progress: { watermark, lanes } }, index) => {
    return { range: parents[index] ?? shard, watermark, lanes: revivedLanes(lanes) }
  })
  const lanes = storedLanes(inheritedLanes(watermarks, shard), least('watermark'))
  const memory = newMemory(stage.plan, task, stage.environment, revivedLanes(lanes))
  memory.graph.state.revive(inheritedState(stage.plan, estates, shard))
  memory.progress = {
    ...memory.progress,
    epoch: most('epoch') + 1,
    watermark: least('watermark'),
    arrival: most('arrival'),
    arrivalWatermark: least('arrivalWatermark'),
    ...(lanes && { lanes }),
  }
  memory.committed = memory.progress
  memory.inherited = true
  memory.graph.restore({}, memory.progress.watermark)
  memory.ingest.watermark = memory.progress.watermark
  return memory
}

/**
 * Seals the log of a shard that was split or merged: an ordinary entry, the last one, that fences everybody
 * else (protocol R28). Through exchanges it says that this task is closed, and which ones go on in its place
 * (R32). Whoever comes later finds it sealed, and delivers what the seal says if nobody has yet.
 */
async function seal(stage: Stage, stream: string, shard: Shard, tick: Tick | undefined) {
  for (let attempt = 0; attempt < SEAL_ATTEMPTS; attempt++) {
    const task = await stage.newTask(stream, shard.shardId)
    const { id, log } = task
    if (log === undefined) throw new RangeError('only tasks with a log are sealed')
    const memory = await openTask(stage, task, tick)
    if (memory.underWay) throw new NotEnded()
    if (memory.sealed) return { id, log, memory }
    const { graph, progress } = memory
    if (tick !== undefined && (await stage.look(task, progress.sequenceNumber)) !== 'end')
      throw new NotEnded()
    graph.begin(undefined, false, Number.POSITIVE_INFINITY)
    Object.assign(graph.cursor, { index: -1, sequenceNumber: progress.sequenceNumber, subSequence: 0 })
    await stage.ship(task, memory, await childrenOf(stage, task, shard))
    const outbox = graph.outbox.stored()
    const { clock, codeVersion } = stage.environment
    const committedAt = clock.now()
    const draft = { ...progress, sealed: true, committedAt, counters: graph.counters(), outbox, codeVersion }
    if (!(await log.commit(draft, graph.state, memory.inherited))) continue
    const entry = { task: id, generation: task.generation, epoch: progress.epoch, tick: progress.tick }
    await publish(stage, outbox, entry)
    await log.markDelivered()
    return { id, log, memory }
  }
  throw new RetryableError(
    `others committed to ${shard.shardId} of '${stream}' whenever it was to be sealed`,
    {
      stream,
      shardId: shard.shardId,
    },
  )
}

/** The tasks that go on in place of one. @throws RetryableError while the stream does not list all of them */
async function childrenOf(stage: Stage, { id, shardId, stream }: Task, parent: Shard): Promise<string[]> {
  const shards = (await stage.shardsOf(stream).all()).filter(({ parents }) => parents.includes(shardId))
  const [first, last] = shards.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
  const range = first && { ...first, endingHashKey: (last ?? first).endingHashKey }
  if (range !== undefined && covers(range, parent)) {
    return shards.map((child) => `${id.slice(0, -shardId.length)}${child.shardId}`)
  }
  throw new RetryableError(`'${stream}' does not list all shards that came of ${shardId} yet`, {
    stream,
    shardId,
  })
}
