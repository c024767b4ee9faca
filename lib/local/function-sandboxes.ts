import { join } from 'node:path'
import type { Environment } from '../runtime/environment.ts'
import { bundleFunction } from './bundle.ts'
import type { LocalFunction } from './functions.ts'
import { InProcessSandbox } from './in-process-sandbox.ts'
import type { Sandbox } from './sandbox.ts'
import { WorkerSandbox } from './worker-sandbox.ts'

/**
 * Makes the sandbox of a function.
 * @param stage the one that it runs, where its pipeline has several
 */
export type SandboxFactory = (each: LocalFunction, functionName: string, stage?: string) => Sandbox

/** Source mode: handlers run in this process, as they are, connected to `environment`. */
export function sourceSandboxes(
  functions: readonly LocalFunction[],
  environment: Environment,
): SandboxFactory {
  for (const { handler } of functions) handler.connect(environment)
  return ({ handler }, functionName) => new InProcessSandbox({ functionName, handler })
}

/**
 * Bundle mode: each function is bundled as for Lambda and runs in a thread of its own, which gets events as
 * JSON and is connected to the embedded store.
 * @param folder where the bundles go, below it in `bundles/`
 * @param database path of the store's file
 */
export async function bundleSandboxes(
  functions: readonly LocalFunction[],
  folder: string,
  database: string,
): Promise<SandboxFactory> {
  const bundles = new Map<LocalFunction, string>()
  for (const each of functions) {
    const { file } = await bundleFunction(each.file, join(folder, 'bundles'))
    bundles.set(each, file)
  }
  // Beside this module: `.ts` in the sources, `.js` in the package.
  const module = import.meta.url.replace(/function-sandboxes(?=\.[jt]s$)/, 'worker-setup')
  return (each, functionName, stage) =>
    new WorkerSandbox({
      functionName,
      bundle: bundles.get(each) ?? '',
      setup: { module, data: { database } },
      ...(stage !== undefined && { environment: { MILLRACE_STAGE: stage } }),
    })
}
