import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { ConfigurationError } from '#lib/core/errors'
import type { Pipeline } from '#lib/core/pipeline'
import { bundleFunctions } from '#lib/local/bundle'
import { loadFunctions } from '#lib/local/functions'

/** A function file, as it is deployed. */
export interface FunctionFile {
  readonly file: string
  readonly pipeline: Pipeline
  /** The folder that holds its bundle, `index.mjs`, until the process ends. */
  readonly bundle: string
  /** Of the bundle: the same sources give the same hash, on any machine. */
  readonly hash: string
}

/**
 * Imports every file of a folder and bundles them all, by one call of esbuild.
 * @throws ConfigurationError for a folder without functions, a file that exports no pipeline or does not build,
 * or two pipelines of one name
 */
export async function functionFiles(folder: string): Promise<readonly FunctionFile[]> {
  const functions = await loadFunctions(folder)
  if (functions.length === 0) {
    throw new ConfigurationError(
      `there is no function in '${folder}': expected a file with 'export const handler = lambda(pipeline(…))' for each pipeline`,
      { folder },
    )
  }
  const outdir = mkdtempSync(join(tmpdir(), 'millrace-functions-'))
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true }))
  const nameOf = (file: string) => basename(file, extname(file))
  await bundleFunctions(
    Object.fromEntries(functions.map(({ file }) => [`${nameOf(file)}/index`, file])),
    outdir,
    process.cwd(),
  )
  return functions.map(({ file, handler: { pipeline } }) => {
    const bundle = join(outdir, nameOf(file))
    const code = readFileSync(join(bundle, 'index.mjs'))
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
    return { file, pipeline, bundle, hash }
  })
}
