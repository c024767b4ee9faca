import type { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import type { MemoryStateStore } from '../../lib/state/memory-store.ts'
import type { Attempt, BlobStore, StateStore, StoredEntry, TaskItems } from '../../lib/state/store.ts'
import type { Ledger } from './ledger.ts'
import type { Scenario } from './profile.ts'
import type { Random } from './random.ts'
import { running } from './sandbox.ts'
import type { Scheduler } from './scheduler.ts'

/** When the state of every simulated pipeline was created, epoch ms. */
export const GENERATION = 1_700_000_000_000

/** What the calls to the stores work with. */
export interface StoreContext {
  readonly store: MemoryStateStore
  readonly blobs: MemoryBlobStore
  readonly scheduler: Scheduler
  readonly random: Random
  readonly ledger: Pick<Ledger, 'attempted' | 'committed' | 'markedDelivered'>
  readonly scenario: Pick<Scenario, 'profile' | 'ringSize'>
}

type Part = { entry: StoredEntry } | { delivered: number | undefined } | { attempt: Attempt | undefined }

/** A state store whose calls happen when the scheduler says so. */
export function simStore({ store, scheduler, random, ledger, scenario }: StoreContext): StateStore {
  const { ringSize, profile } = scenario

  /** Reads a part of a task's items, as it is at that moment. */
  const read = async (task: string, slots: readonly number[]): Promise<Part[]> => {
    const { entries, delivered, attempt } = await store.load(task)
    return slots.flatMap((slot): Part[] => {
      if (slot === ringSize) return [{ delivered }]
      if (slot > ringSize) return [{ attempt }]
      return entries.filter(({ version }) => version % ringSize === slot).map((entry) => ({ entry }))
    })
  }

  return {
    maxEntryBytes: profile.maxEntryBytes,
    openPipeline: (pipeline, initial) =>
      scheduler.call('open', () =>
        store.openPipeline(pipeline, { ...initial, ringSize, generation: GENERATION }),
      ),
    replacePipeline: (...given) => scheduler.call('replace', () => store.replacePipeline(...given)),
    load: async (task): Promise<TaskItems> => {
      const slots = Array.from({ length: ringSize + 2 }, (_, slot) => slot)
      const cuts = ringSize > 10 ? profile.torn / 10 : profile.torn
      const parts: Part[] = []
      for (const run of random.cut(random.chance(0.5) ? slots : random.shuffled(slots), cuts)) {
        parts.push(...(await scheduler.call(`load ${run}`, () => read(task, run))))
      }
      const items = Object.assign({ delivered: undefined }, ...parts.filter((part) => !('entry' in part)))
      return { ...items, entries: parts.flatMap((part) => ('entry' in part ? [part.entry] : [])) }
    },
    append: (task, entry, size) => {
      const { version, nonce } = entry
      const invocation = running()
      return scheduler.call(`append ${version}`, async () => {
        const result = await store.append(task, entry, size)
        scheduler.note(() => `  ${result.committed ? 'committed' : 'refused'}`)
        if (result.committed) {
          await ledger.committed(task, entry)
          return result
        }
        const { holder } = result
        const isOwn = holder?.nonce === nonce
        scheduler.events.add(isOwn ? 'an own entry is found in the log' : 'a commit is lost to another')
        if (isOwn) invocation.repeated.set(nonce, version)
        else invocation.refused.add(nonce)
        return profile.tellsHolder ? result : { committed: false }
      })
    },
    markDelivered: (task, version, idle) =>
      scheduler.call(`mark ${version}`, async () => {
        ledger.markedDelivered(task, version)
        await store.markDelivered(task, version, idle)
      }),
    isIdle: (task, ringSize) => scheduler.call('look at the mark', () => store.isIdle(task, ringSize)),
    noteAttempt: (task, attempt) => {
      const { attempts, limit, running: begins } = attempt
      if (attempts > 2) scheduler.events.add('a limit is halved')
      running().attempt = begins ? 'noted' : 'over'
      return scheduler.call(`attempt ${begins ? `${attempts}, ${limit} records` : 'over'}`, async () => {
        ledger.attempted(task, attempt)
        await store.noteAttempt(task, attempt)
      })
    },
  }
}

/** A blob store whose calls happen when the scheduler says so. */
export const simBlobs = ({ blobs, scheduler, random, scenario }: StoreContext): BlobStore => ({
  put: (name, bytes) => scheduler.call(`put ${short(name)}`, () => blobs.put(name, bytes)),
  get: (name) => scheduler.call(`get ${short(name)}`, () => blobs.get(name)),
  delete: async (names) => {
    for (const run of random.cut(names, scenario.profile.torn)) {
      await scheduler.call(`delete ${run.map(short)}`, () => blobs.delete(run))
    }
  },
  list: (prefix) => scheduler.call('list', () => blobs.list(prefix)),
})

const short = (name: string): string => name.slice(name.lastIndexOf('/') + 1).replace(/^0*(?=\d)/, '')
