import type { DeadLetter } from '../../lib/core/dead-letter.ts'
import type { SinkWriter } from '../../lib/core/sink-writer.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

/** Stores in memory, and sinks that only keep what they are given, in order. */
export function collectingEnvironment(): Environment {
  const rows: unknown[] = []
  const collector: SinkWriter = {
    write: async (records) => {
      for (const { payload } of records) rows.push(payload)
      return []
    },
  }
  const deadLetters: SinkWriter = {
    write: async (records) => {
      throw new AggregateError(records.map(({ payload }) => (payload as DeadLetter).error.message))
    },
  }
  const { store, blobs, claims, clock, codeVersion } = new MemoryEnvironment(new VirtualClock())
  return {
    store,
    blobs,
    claims,
    clock,
    codeVersion,
    deadLetters,
    openSink: () => collector,
    report: () => {},
  }
}
