import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { build, type Metafile, type OutputFile } from 'esbuild'
import { ConfigurationError } from '../core/errors.ts'

/** What esbuild leaves in place of a `require` that an ES module does not have. */
const MISSING_REQUIRE = 'Dynamic require of'

const REQUIRE_LINE =
  "import { createRequire as __createRequire } from 'node:module';" +
  'const require = __createRequire(import.meta.url);\n'

/** A bundled function. */
export interface Bundle {
  /** Absolute path of the ES module; its source map lies beside it. */
  readonly file: string
  readonly metafile: Metafile
}

/**
 * Bundles one function file as it is deployed: see `bundleFunctions`.
 * @param outdir gets `<name of the file>.mjs`
 * @throws ConfigurationError with esbuild's messages when the file does not build
 */
export async function bundleFunction(file: string, outdir: string): Promise<Bundle> {
  const name = basename(file, extname(file))
  const { metafile } = await bundleFunctions({ [name]: file }, outdir)
  return { file: resolve(join(outdir, `${name}.mjs`)), metafile }
}

/**
 * Bundles function files as they are deployed, by one call of esbuild: for each a minified ES module for
 * Node.js 24 with a source map. The AWS SDK stays outside, with its `@smithy` parts: the runtime has them. `require` is defined only
 * where a dependency calls it.
 * @param entries files by the paths that their bundles get below `outdir`, without `.mjs`
 * @param root where the paths of sources in the maps begin: then the same sources give the same bytes, whatever
 * `outdir` is. By default they begin at the map, so that debuggers find them.
 * @throws ConfigurationError with esbuild's messages when a file does not build
 */
export async function bundleFunctions(
  entries: Readonly<Record<string, string>>,
  outdir: string,
  root?: string,
): Promise<{ readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await run(entries, outdir)
  const maps = new Map(outputFiles.map((each) => [each.path, each]))
  for (const { path, text } of outputFiles) {
    if (path.endsWith('.map')) continue
    const needsRequire = text.includes(MISSING_REQUIRE)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, needsRequire ? `${REQUIRE_LINE}${text}` : text)
    const map = maps.get(`${path}.map`)
    if (map !== undefined) await writeFile(map.path, sourceMap(map, needsRequire ? ';' : '', root))
  }
  return { metafile }
}

/** The map with its sources as they lie below `root`, and with the lines that were put before the code. */
function sourceMap({ path, text }: OutputFile, before: string, root = dirname(path)): string {
  const map = JSON.parse(text) as { sources: string[]; mappings: string }
  const sources = map.sources.map((source) =>
    relative(root, resolve(dirname(path), source)).replaceAll('\\', '/'),
  )
  return JSON.stringify({ ...map, sources, mappings: `${before}${map.mappings}` })
}

async function run(entries: Readonly<Record<string, string>>, outdir: string) {
  const files = Object.entries(entries).map(([out, file]) => ({ in: resolve(file), out }))
  try {
    return await build({
      entryPoints: files,
      outdir: resolve(outdir),
      outExtension: { '.js': '.mjs' },
      write: false,
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
      logLevel: 'silent',
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const [first = 'functions', ...others] = Object.values(entries)
    const what = others.length === 0 ? `The function file ${first}` : `One of the function files`
    throw new ConfigurationError(
      `${what} cannot be bundled. ${reason}`,
      { files: [first, ...others] },
      { cause: error },
    )
  }
}
