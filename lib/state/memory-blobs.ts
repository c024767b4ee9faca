import type { BlobStore } from './store.ts'

/** Blobs that live as long as their process. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>()

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#blobs.set(name, bytes)
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#blobs.get(name)
  }

  async delete(names: readonly string[]): Promise<void> {
    for (const name of names) this.#blobs.delete(name)
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...this.#blobs.keys()].filter((name) => name.startsWith(prefix))
  }
}
