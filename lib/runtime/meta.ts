import { RetryableError, StateMismatchError } from '../core/errors.ts'
import type { PipelineMeta, StateStore } from '../state/store.ts'
import { isExchangeState } from './exchanges.ts'
import type { ShardList } from './shard-list.ts'

/** Slots of a ring: a load reads at most this many changes, and a snapshot comes as often. */
const RING_SIZE = 64

/** What the code says of the pipeline, to be kept with its state. */
type Shape = Omit<PipelineMeta, 'generation' | 'ringSize'>

/**
 * The pipeline's meta item, created with its first batch (protocol R1). Operators that are new to a
 * pipeline start empty; state that no operator would read any more is never given up silently.
 * @throws StateMismatchError for an operator with state that was renamed, removed or changed, or a new exchange
 */
export async function openMeta(
  store: StateStore,
  pipeline: string,
  shape: Shape,
  now: number,
): Promise<PipelineMeta> {
  const { operators } = shape
  const meta = await store.openPipeline(pipeline, { generation: now, ringSize: RING_SIZE, ...shape })
  for (const [name, stored] of Object.entries(meta.operators)) {
    const signature = operators[name]
    if (signature === stored) continue
    const found = signature === undefined ? 'has no operator of that name' : `says '${signature}'`
    throw new StateMismatchError(
      `the state of pipeline '${pipeline}' holds '${name}' (${stored}), and the code ${found}: put it back, or give the pipeline a new name so that it starts with empty state`,
      { pipeline, operator: name, stored, code: signature },
    )
  }
  refuseNewExchange(pipeline, operators, meta.operators)
  if (Object.keys(operators).length === Object.keys(meta.operators).length) return meta
  const next = { ...meta, operators }
  if (await store.replacePipeline(pipeline, meta, next)) return next
  throw new RetryableError(`the meta item of pipeline '${pipeline}' was changed by another deployment`, {
    pipeline,
  })
}

/** Those behind it would wait for tasks that have gone before it was there. */
function refuseNewExchange(
  pipeline: string,
  operators: PipelineMeta['operators'],
  stored: PipelineMeta['operators'],
): void {
  const name = Object.keys(operators).find((each) => isExchangeState(each) && stored[each] === undefined)
  if (name === undefined) return
  throw new StateMismatchError(
    `pipeline '${pipeline}' has state, and its code a new ${name}: take that keyBy(f) out, or give the pipeline a new name so that it starts with empty state`,
    { pipeline, operator: name },
  )
}

/** The shards whose parents are not listed any more, of each stream: all others descend from them. */
export async function rostersOf(
  streams: readonly string[],
  shardsOf: (stream: string) => ShardList,
): Promise<NonNullable<PipelineMeta['rosters']>> {
  const rosters = streams.map(async (stream) => {
    const shards = await shardsOf(stream).all()
    const roots = shards.filter(({ parents }) => parents.length === 0)
    return [stream, roots.map(({ shardId }) => shardId)] as const
  })
  return Object.fromEntries(await Promise.all(rosters))
}
