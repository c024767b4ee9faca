import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { StoredEntry, TaskItems } from '../../lib/state/store.ts'

type Metamorphic = typeof import('./metamorphic.ts')

/** A rule of the protocol switched off: which module is replaced, and by what. */
interface Mutant {
  readonly pipelines: readonly string[]
  readonly switchOff: () => void
}

const lib = (path: string): string => new URL(`../../lib/${path}`, import.meta.url).pathname

const replaced: string[] = []

/** Replaces exports of a module for all that is imported from now on. */
function replace<Module extends object>(
  path: string,
  change: (actual: Module) => Partial<Module> | Promise<Partial<Module>>,
): void {
  replaced.push(lib(path))
  vi.doMock(lib(path), async () => {
    const actual = await vi.importActual<Module>(lib(path))
    return { ...actual, ...(await change(actual)) }
  })
}

const MUTANTS: Readonly<Record<string, Mutant>> = {
  'sequence numbers are compared as Number': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/core/sequence-number.ts')>('core/sequence-number.ts', () => ({
        compareSequenceNumbers: (a, b) => Number(a) - Number(b),
      })),
  },
  'outputs are published before the commit': {
    pipelines: ['lateness', 'chained'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/middlewares/commit.ts')>(
        'runtime/middlewares/commit.ts',
        async ({ commitStep }) => {
          const { publish } = await vi.importActual<typeof import('../../lib/runtime/publish.ts')>(
            lib('runtime/publish.ts'),
          )
          return {
            commitStep: (stage) => {
              const step = commitStep(stage)
              return {
                ...step,
                after: async (request) => {
                  const { memory, task } = request.internal.batch ?? {}
                  if (memory !== undefined && task !== undefined) {
                    const { epoch, tick } = memory.progress
                    const { id, generation } = task
                    await publish(stage, memory.graph.outbox.stored(), { task: id, generation, epoch, tick })
                  }
                  await step.after?.(request)
                },
              }
            },
          }
        },
      ),
  },
  'the loser of a commit answers as if it had won': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/commit.ts')>('runtime/commit.ts', ({ commit }) => ({
        commit: async (batch, stage) => {
          const won = await commit(batch, stage)
          if (!won) {
            batch.task.memory = undefined
            batch.memory?.graph.outbox.clear()
          }
          return true
        },
      })),
  },
  'memory is kept after outputs did not get through': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/middlewares/exclusive.ts')>(
        'runtime/middlewares/exclusive.ts',
        ({ exclusive }) => ({
          exclusive: (stage) => {
            const step = exclusive(stage)
            return {
              ...step,
              onError: async (request) => {
                const { batch } = request.internal
                const kept = batch?.task.memory
                await step.onError?.(request)
                if (batch !== undefined && kept !== undefined) batch.task.memory = kept
              },
            }
          },
        }),
      ),
  },
  'a load does not publish the outbox of the head again': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/state/load-log.ts')>('state/load-log.ts', ({ loadLog }) => ({
        loadLog: async (...given) => {
          const loaded = await loadLog(...given)
          return loaded && { ...loaded, delivered: true }
        },
      })),
  },
  'an entry goes over whatever its slot holds': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/state/memory-store.ts')>(
        'state/memory-store.ts',
        ({ MemoryStateStore }) => ({
          MemoryStateStore: class extends MemoryStateStore {
            readonly #rings = new Map<string, Map<number, StoredEntry>>()
            override async load(task: string): Promise<TaskItems> {
              const items = await super.load(task)
              return { ...items, entries: [...(this.#rings.get(task)?.values() ?? [])] }
            }
            override async append(task: string, entry: StoredEntry, ringSize: number) {
              const ring = this.#rings.get(task) ?? new Map()
              this.#rings.set(task, ring.set(entry.version % ringSize, entry))
              return { committed: true } as const
            }
          },
        }),
      ),
  },
  'the nonce is not looked at after a lost answer': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/state/log.ts')>('state/log.ts', ({ StateLog }) => ({
        StateLog: class extends StateLog {
          constructor(options: ConstructorParameters<typeof StateLog>[0]) {
            super({ ...options, nonce: () => 'the same for all' })
          }
        },
      })),
  },
  'the blobs of an entry are deleted when its commit seems to fail': {
    pipelines: ['heavy'],
    switchOff: () =>
      replace<typeof import('../../lib/state/log.ts')>('state/log.ts', ({ StateLog }) => ({
        StateLog: class extends StateLog {
          readonly #options: ConstructorParameters<typeof StateLog>[0]
          constructor(options: ConstructorParameters<typeof StateLog>[0]) {
            super(options)
            this.#options = options
          }
          override async commit(...given: Parameters<typeof StateLog.prototype.commit>): Promise<boolean> {
            try {
              return await super.commit(...given)
            } catch (error) {
              const { blobs, task } = this.#options
              const version = `${task}/${String(this.version + 1).padStart(12, '0')}-`
              await blobs.delete(await blobs.list(version))
              throw error
            }
          }
        },
      })),
  },
  'a snapshot comes when its ring has gone over what it must cover': {
    pipelines: ['lateness', 'window'],
    switchOff: () =>
      replace<typeof import('../../lib/state/snapshot.ts')>('state/snapshot.ts', ({ snapshotDue }) => ({
        snapshotDue: (version, last, ringSize) => snapshotDue(version, last, ringSize + 2),
      })),
  },
  'the sweep takes every snapshot but the newest blob': {
    pipelines: ['heavy'],
    switchOff: () =>
      replace<typeof import('../../lib/state/blobs.ts')>('state/blobs.ts', ({ sweepBlobs }) => ({
        sweepBlobs: (blobs, task, head, snapshot, ringSize) => {
          const parts = snapshot?.parts.slice(-1) ?? []
          return sweepBlobs(blobs, task, head, snapshot && { ...snapshot, parts }, ringSize)
        },
      })),
  },
  'outputs are numbered through the batch': {
    pipelines: ['lateness', 'stateless'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/outbox.ts')>('runtime/outbox.ts', ({ Outbox }) => ({
        Outbox: class extends Outbox {
          override stored() {
            const { records, ...outbox } = super.stored()
            return { ...outbox, records: records.map((each, output) => ({ ...each, output })) }
          }
        },
      })),
  },
  'the watermark moves once a batch': {
    pipelines: ['lateness'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/task-graph.ts')>('runtime/task-graph.ts', ({ TaskGraph }) => ({
        TaskGraph: class extends TaskGraph {
          constructor(...given: ConstructorParameters<typeof TaskGraph>) {
            super(...given)
            const { head } = this
            let pending: number | undefined
            // Taken for a room with one waiting watermark, it is drained at the end of a batch.
            const once = {
              get waiting() {
                return pending === undefined ? 0 : 1
              },
              drain: async (limit: number) => {
                if (limit === 0 && pending !== undefined) head.advance(pending)
                pending = undefined
              },
            }
            Object.assign(this, {
              waiting: [once, ...this.waiting],
              head: {
                push: head.push.bind(head),
                advance: (watermark: number) => {
                  pending = watermark
                },
                restore: (watermark: number) => {
                  pending = undefined
                  head.restore(watermark)
                },
              },
            })
          }
        },
      })),
  },
  'an error that a retry cures does not take the batch back': {
    pipelines: ['window'],
    switchOff: () =>
      replace<typeof import('../../lib/runtime/task-graph.ts')>('runtime/task-graph.ts', ({ TaskGraph }) => ({
        TaskGraph: class extends TaskGraph {
          override rollback(): void {}
        },
      })),
  },
}

afterEach(() => {
  for (const path of replaced.splice(0)) vi.doUnmock(path)
  vi.resetModules()
})

/** How the property ends over some thousand cases of these pipelines. */
async function check(pipelines: readonly string[], numRuns: number) {
  vi.resetModules()
  const { cases, expectUnshaken } = (await import('./metamorphic.ts')) as Metamorphic
  const property = fc.asyncProperty(fc.constantFrom(...pipelines), cases, expectUnshaken)
  return fc.check(property, { numRuns, endOnFailure: true })
}

test.each(Object.entries(MUTANTS))(
  'a mutant is caught: %s',
  async (_, { pipelines, switchOff }) => {
    switchOff()
    expect(await check(pipelines, 2_000)).toMatchObject({ failed: true })
  },
  60_000,
)

test('without a mutant nothing is caught', async () => {
  expect(await check(['window', 'lateness', 'chained', 'heavy', 'stateless'], 200)).toMatchObject({
    failed: false,
  })
}, 60_000)
