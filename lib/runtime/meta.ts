import { RetryableError, StateMismatchError } from '../core/errors.ts'
import type { PipelineMeta, StateStore } from '../state/store.ts'

/** Slots of a ring: a load reads at most this many changes, and a snapshot comes as often. */
const RING_SIZE = 64

/**
 * The pipeline's meta item, created with its first batch (protocol R1). Operators that are new to a
 * pipeline start empty; state that no operator would read any more is never given up silently.
 * @throws StateMismatchError for an operator with state that was renamed, removed or changed
 */
export async function openMeta(
  store: StateStore,
  pipeline: string,
  stage: string,
  operators: Readonly<Record<string, string>>,
  now: number,
): Promise<PipelineMeta> {
  const meta = await store.openPipeline(pipeline, { generation: now, ringSize: RING_SIZE, stage, operators })
  for (const [name, stored] of Object.entries(meta.operators)) {
    const signature = operators[name]
    if (signature === stored) continue
    const found = signature === undefined ? 'has no operator of that name' : `says '${signature}'`
    throw new StateMismatchError(
      `the state of pipeline '${pipeline}' holds '${name}' (${stored}), and the code ${found}: put it back, or give the pipeline a new name so that it starts with empty state`,
      { pipeline, operator: name, stored, code: signature },
    )
  }
  if (Object.keys(operators).length === Object.keys(meta.operators).length) return meta
  const next = { ...meta, operators }
  if (await store.replacePipeline(pipeline, meta, next)) return next
  throw new RetryableError(`the meta item of pipeline '${pipeline}' was changed by another deployment`, {
    pipeline,
  })
}
