import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError } from '../core/errors.ts'
import type { StreamHandler } from '../runtime/handler.ts'

/** A function file with its handler. */
export interface LocalFunction {
  readonly file: string
  readonly handler: StreamHandler
}

/**
 * Imports every `*.ts` (or `*.js`) of a folder: one pipeline each, under the export `handler`.
 * @throws ConfigurationError for a file without one, or two pipelines of one name
 */
export async function loadFunctions(folder: string): Promise<LocalFunction[]> {
  const names = (await readdir(folder)).filter(
    (name) => /^[^.].*\.[cm]?[jt]s$/.test(name) && !name.endsWith('.d.ts'),
  )
  const functions = await Promise.all(names.sort().map((name) => loadFunction(join(folder, name))))
  const files = new Map<string, string>()
  for (const { file, handler } of functions) {
    const other = files.get(handler.pipeline.name)
    if (other !== undefined) {
      throw new ConfigurationError(
        `${other} and ${file} both define pipeline '${handler.pipeline.name}': a pipeline's name is the identity of its state; give one another name`,
        { files: [other, file] },
      )
    }
    files.set(handler.pipeline.name, file)
  }
  return functions
}

async function loadFunction(file: string): Promise<LocalFunction> {
  const { handler } = (await import(pathToFileURL(file).href)) as { handler?: Partial<StreamHandler> }
  if (handler?.pipeline !== undefined) return { file, handler: handler as StreamHandler }
  throw new ConfigurationError(
    `${file} exports no pipeline: expected 'export const handler = lambda(pipeline(…))'`,
    { file },
  )
}
