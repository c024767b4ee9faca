import { SqliteBlobStore } from '../../lib/state/sqlite-blobs.ts'
import { inMemory, onFile } from '../support/state-databases.ts'
import { blobStoreContract } from './store-contract.ts'

const make = (database: ConstructorParameters<typeof SqliteBlobStore>[0]) => new SqliteBlobStore(database)

blobStoreContract('SqliteBlobStore on a file', onFile(make))
blobStoreContract('SqliteBlobStore in memory', inMemory(make))
