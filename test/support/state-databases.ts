import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../../lib/local/database.ts'
import type { Opened } from '../state/store-contract.ts'

/** Opens stores on a new database file, which is gone after the test. */
export const onFile =
  <Store>(make: (database: DatabaseSync) => Store) =>
  async (): Promise<Opened<Store> & { again: () => Promise<Store> }> => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
    const databases: DatabaseSync[] = []
    const again = async (): Promise<Store> => {
      const database = openDatabase(join(folder, 'test.db'))
      databases.push(database)
      return make(database)
    }
    const close = async (): Promise<void> => {
      for (const database of databases) database.close()
      await rm(folder, { recursive: true })
    }
    return { store: await again(), again, close }
  }

/** Opens stores on a database in memory. */
export const inMemory =
  <Store>(make: (database: DatabaseSync) => Store) =>
  async (): Promise<Opened<Store>> => {
    const database = openDatabase(':memory:')
    return { store: make(database), close: async () => database.close() }
  }
