import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { blobStoreContract } from './store-contract.ts'

blobStoreContract('MemoryBlobStore', async () => ({ store: new MemoryBlobStore(), close: async () => {} }))
