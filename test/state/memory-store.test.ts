import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import { stateStoreContract } from './store-contract.ts'

stateStoreContract('MemoryStateStore', async () => ({
  store: new MemoryStateStore(),
  close: async () => {},
}))
