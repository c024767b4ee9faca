import { expect, test } from 'vitest'
import { blobName, sweepBlobs } from '../../lib/state/blobs.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'

const TASK = 'p/w/s/shard-1'

async function swept(
  names: readonly string[],
  head: number,
  live: readonly string[] = [],
): Promise<string[]> {
  const blobs = new MemoryBlobStore()
  for (const name of names) await blobs.put(name, Buffer.of(1))
  const parts = live.map((name) => ({ name, bytes: 1 }))
  await sweepBlobs(blobs, TASK, head, live.length === 0 ? undefined : { version: head, parts }, 4)
  return [...(await blobs.list(''))].sort()
}

const name = (version: number, kind: 'snapshot' | 'state' | 'outbox' = 'snapshot', nonce = 'a-b-c'): string =>
  blobName(TASK, version, nonce, kind)

test('a name begins with its task, and sorts by version', () => {
  expect(name(12)).toBe('p/w/s/shard-1/000000000012-snapshot-a-b-c')
})

test('snapshots that the log has passed go, the live ones and those to come stay', async () => {
  const live = [name(3, 'snapshot', 'live'), name(5, 'snapshot', 'live')]
  const dead = [name(3), name(4), name(5)]
  expect(await swept([...live, ...dead, name(6), name(7)], 5, live)).toEqual([...live, name(6), name(7)])
})

test('what entries that are still in the ring may point at stays', async () => {
  const kept = [name(6, 'state'), name(6, 'outbox'), name(9, 'state'), name(10, 'outbox')]
  expect(await swept([...kept, name(5, 'state'), name(5, 'outbox'), name(0, 'state')], 9)).toEqual(
    kept.sort(),
  )
})

test('blobs of other tasks stay, even if their names begin alike', async () => {
  const others = [blobName('p/w/s/shard-11', 1, 'n', 'snapshot'), blobName('p/w/s/shard', 1, 'n', 'state')]
  expect(await swept([...others, name(1)], 9)).toEqual(others.sort())
})

test('where nothing is dead nothing is deleted', async () => {
  const blobs = new MemoryBlobStore()
  blobs.delete = async () => {
    throw new Error('deleted')
  }
  await blobs.put(name(5), Buffer.of(1))
  await sweepBlobs(blobs, TASK, 4, undefined, 4)
  expect(await blobs.list('')).toEqual([name(5)])
})
