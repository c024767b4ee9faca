import type { BlobStore, StateStore } from '../../lib/state/store.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

/** An environment in memory that counts the bytes written into it. */
export class MeteredEnvironment extends MemoryEnvironment {
  entryBytes = 0
  blobBytes = 0
  readonly memoryBudget = Number.POSITIVE_INFINITY

  constructor() {
    super(new VirtualClock())
    const { store, blobs }: { store: StateStore; blobs: BlobStore } = this
    const append = store.append.bind(store)
    const put = blobs.put.bind(blobs)
    store.append = (task, entry, ringSize) => {
      this.entryBytes += entry.body.length
      return append(task, entry, ringSize)
    }
    blobs.put = (name, bytes) => {
      this.blobBytes += bytes.length
      return put(name, bytes)
    }
  }
}
