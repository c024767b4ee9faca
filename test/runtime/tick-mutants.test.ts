import { afterEach, expect, test, vi } from 'vitest'

type Scenarios = typeof import('./tick-scenarios.ts')['scenarios']

const lib = (path: string): string => new URL(`../../lib/${path}`, import.meta.url).pathname

/** Replaces exports of a module for all that is imported from now on. */
function replace<Module extends object>(path: string, change: (actual: Module) => Partial<Module>): void {
  vi.doMock(lib(path), async () => {
    const actual = await vi.importActual<Module>(lib(path))
    return { ...actual, ...change(actual) }
  })
}

/** Rules of the protocol switched off, each with the scenario that must miss it. */
const MUTANTS: Readonly<Record<string, { scenario: keyof Scenarios; switchOff: () => void }>> = {
  'R18: a tick goes by memory': {
    scenario: 'goes by the head of the log, not by what its sandbox remembers',
    switchOff: () =>
      replace<typeof import('../../lib/runtime/load.ts')>('runtime/load.ts', ({ load }) => ({
        load: async (stage, batch) => {
          batch.memory = batch.task.memory
          if (batch.memory === undefined || batch.tick === undefined) await load(stage, batch)
        },
      })),
  },
  'R19: a tick does not look whether there are records': {
    scenario:
      'takes no shard for idle whose records are not delivered, because they are delayed or the mapping is off',
    switchOff: () =>
      replace<typeof import('../../lib/runtime/silence.ts')>('runtime/silence.ts', ({ silentWatermark }) => ({
        watermarkInSilence: async (source, _shardId, progress, _shards, clock) =>
          silentWatermark(progress, clock.now(), source),
      })),
  },
  'R19: a read that failed counts as silence': {
    scenario: 'takes no shard for idle that it could not read',
    switchOff: () =>
      replace<typeof import('../../lib/runtime/silence.ts')>(
        'runtime/silence.ts',
        ({ silentWatermark, watermarkInSilence }) => ({
          watermarkInSilence: (source, shardId, progress, shards, clock) =>
            watermarkInSilence(source, shardId, progress, shards, clock).catch(() =>
              silentWatermark(progress, clock.now(), source),
            ),
        }),
      ),
  },
  'R20: ticks add up': {
    scenario: 'closes a window when the silence has lasted for its end and the idle timeout, not before',
    switchOff: () =>
      replace<typeof import('../../lib/runtime/silence.ts')>('runtime/silence.ts', ({ silentWatermark }) => ({
        watermarkInSilence: async (source, _shardId, progress, _shards, clock) => {
          const { watermark } = progress
          const untilNow = silentWatermark({ ...progress, arrivalWatermark: watermark }, clock.now(), source)
          return Math.max(untilNow, watermark + 6_000)
        },
      })),
  },
  'R21: a tick leaves outputs undelivered': {
    scenario: 'delivers what did not get through, once the function that committed it is over',
    switchOff: () =>
      replace<typeof import('../../lib/state/load-log.ts')>('state/load-log.ts', ({ loadLog }) => ({
        loadLog: async (...given) => {
          const loaded = await loadLog(...given)
          return loaded && { ...loaded, delivered: true }
        },
      })),
  },
}

afterEach(() => {
  vi.doUnmock(lib('runtime/load.ts'))
  vi.doUnmock(lib('runtime/silence.ts'))
  vi.doUnmock(lib('state/load-log.ts'))
  vi.resetModules()
})

test.each(Object.entries(MUTANTS))('%s: the scenario fails', async (_, { scenario, switchOff }) => {
  vi.resetModules()
  switchOff()
  const { scenarios } = await import('./tick-scenarios.ts')
  await expect(scenarios[scenario]()).rejects.toThrow()
})
