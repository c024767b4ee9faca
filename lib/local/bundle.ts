import { readFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { ConfigurationError } from '../core/errors.ts'

/** What esbuild leaves in place of a `require` that an ES module does not have. */
const MISSING_REQUIRE = 'Dynamic require of'

const REQUIRE_BANNER =
  "import { createRequire as __createRequire } from 'node:module';" +
  'const require = __createRequire(import.meta.url);'

/** A bundled function. */
export interface Bundle {
  /** Absolute path of the ES module; its source map lies beside it. */
  readonly file: string
  readonly metafile: Metafile
}

/**
 * Bundles one function file as it is deployed: one minified ES module for Node.js 24 with a source map. The
 * AWS SDK stays outside, with its `@smithy` parts: the runtime has them. `require` is defined only where a
 * dependency calls it.
 * @param outdir gets `<name of the file>.mjs`
 * @throws ConfigurationError with esbuild's messages when the file does not build
 */
export async function bundleFunction(file: string, outdir: string): Promise<Bundle> {
  const outfile = resolve(join(outdir, `${basename(file, extname(file))}.mjs`))
  let metafile = await run(file, outfile, '')
  const text = await readFile(outfile, 'utf8')
  if (text.includes(MISSING_REQUIRE)) metafile = await run(file, outfile, REQUIRE_BANNER)
  return { file: outfile, metafile }
}

async function run(file: string, outfile: string, banner: string): Promise<Metafile> {
  try {
    const { metafile } = await build({
      entryPoints: [resolve(file)],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      conditions: ['@millrace/source', 'module'],
      // Modules before CommonJS: what is not used can be left out of the bundle.
      mainFields: ['module', 'main'],
      external: ['@aws-sdk/*', '@smithy/*', 'node:*'],
      minify: true,
      sourcemap: true,
      metafile: true,
      banner: { js: banner },
      logLevel: 'silent',
    })
    return metafile
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(
      `The function file ${file} cannot be bundled. ${reason}`,
      { file },
      { cause: error },
    )
  }
}
