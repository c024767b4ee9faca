import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError } from '../core/errors.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { StreamHandler } from '../runtime/handler.ts'
import { plansOf } from '../runtime/plan.ts'
import { explainAsMermaid } from './explain-mermaid.ts'
import { explainAsTree } from './explain-tree.ts'

/**
 * What a function is made of: stages, exchanges, keys, state and windows. Nothing is connected or run.
 * @param args the function's file
 * @param mermaid as a Mermaid flowchart, for Markdown pages
 * @throws ConfigurationError for a file that exports no pipeline, or a pipeline that cannot be compiled
 */
export async function explain(args: readonly string[], mermaid: boolean): Promise<Iterable<string>> {
  const [file] = args
  if (file === undefined) {
    throw new ConfigurationError(`expected the file of a function: millrace explain functions/x.ts`)
  }
  const plans = plansOf(await pipelineOf(file))
  return mermaid ? explainAsMermaid(plans) : explainAsTree(plans)
}

async function pipelineOf(file: string): Promise<Pipeline> {
  const { handler } = (await import(pathToFileURL(resolve(file)).href)) as {
    handler?: Partial<StreamHandler>
  }
  if (handler?.pipeline !== undefined) return handler.pipeline
  throw new ConfigurationError(
    `${file} exports no pipeline: expected 'export const handler = lambda(pipeline(…))'`,
    { file },
  )
}
