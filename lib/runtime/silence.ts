import type { SourceNode } from '../core/graph.ts'
import type { ShardAccess } from '../core/shards.ts'
import type { Progress } from '../state/entry.ts'
import type { Clock } from '../time/clock.ts'

/** The times of a source that say how far time goes on in silence. */
export type Patience = Pick<SourceNode, 'maxOutOfOrderness' | 'idleTimeout'>

/**
 * How far time is in a silent shard (protocol R20): from where the last record left it, it goes on as the
 * clock does, `idleTimeout` behind. So ticks do not add up, and a replay of old data is not thrown years
 * ahead. It never overtakes what records that arrive now would make of it.
 * @param now epoch ms, before the shard was looked at
 */
export function silentWatermark(
  { watermark, arrival, arrivalWatermark }: Progress,
  now: number,
  { maxOutOfOrderness, idleTimeout }: Patience,
): number {
  const silence = now - arrival - idleTimeout
  return Math.max(watermark, Math.min(arrivalWatermark + silence, now - maxOutOfOrderness - 1))
}

/**
 * The watermark of a task whose shard is silent; undefined if it is not, or cannot be known to be: the shard is
 * read from the task's position to its tip, so that one which is delayed, throttled or disabled is never
 * taken for an idle one (protocol R19).
 */
export async function watermarkInSilence(
  source: Patience & Pick<SourceNode, 'stream'>,
  shardId: string,
  progress: Progress,
  shards: ShardAccess,
  clock: Clock,
): Promise<number | undefined> {
  const now = clock.now()
  const look = await shards.look(source.stream, shardId, progress.sequenceNumber)
  return look === 'tip' ? silentWatermark(progress, now, source) : undefined
}
