import type { ShardAccess } from '../../../lib/core/shards.ts'
import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SimStream } from './sim-stream.ts'

interface AccessContext {
  readonly streams: readonly SimStream[]
  readonly scheduler: Scheduler
  readonly random: Random
  readonly now: () => number
  /** how likely a put is cut behind a record */
  readonly torn: number
}

/** What streams tell of their shards and take, when the scheduler says so. */
export function simShards({ streams, scheduler, random, now, torn }: AccessContext): ShardAccess {
  const streamOf = (name: string): SimStream => {
    const stream = streams.find((each) => each.name === name)
    if (stream === undefined) throw new Error(`there is no stream '${name}'`)
    return stream
  }
  return {
    shards: (name) =>
      scheduler.call('shards', async () =>
        streamOf(name).shards.map(({ shardId, startingHashKey, endingHashKey, parents, open }) => {
          return { shardId, startingHashKey, endingHashKey, parents, open }
        }),
      ),
    look: (name, shardId, position) =>
      scheduler.call('look', async () => {
        const stream = streamOf(name)
        const shard = stream.find(shardId)
        if (shard === undefined) throw new Error(`there is no shard '${shardId}'`)
        if (stream.above(shard, position) > 0) return 'records'
        return shard.open ? 'tip' : 'end'
      }),
    put: async (name, records) => {
      const places = []
      for (const run of random.cut(records, torn)) {
        places.push(
          ...(await scheduler.call(`put-records ${run.length}`, async () =>
            run.map((record) => streamOf(name).put(record, now())),
          )),
        )
      }
      return places
    },
  }
}
