import { readFileSync } from 'node:fs'

/** A place in a module's source, and what stands there in the mutant. */
interface Change {
  /** of a file in lib/ */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A rule of the protocol that is switched off. */
export interface Mutant {
  readonly name: string
  readonly changes: readonly Change[]
}

export const mutant = (name: string, ...changes: readonly (readonly [string, string, string])[]): Mutant => ({
  name,
  changes: changes.map(([file, from, to]) => ({ file, from, to })),
})

const lib = new URL('../../lib/', import.meta.url)

/** The address of a module of lib/. */
export const addressOf = (file: string): string => new URL(file, lib).href

/** The source of a module, changed. @throws Error if a place is not there exactly once */
function mutate(source: string, changes: readonly Change[]): string {
  let changed = source
  for (const { file, from, to } of changes) {
    const parts = changed.split(from)
    if (parts.length !== 2) {
      throw new Error(`expected '${from}' once in lib/${file}, found it ${parts.length - 1} times`)
    }
    changed = parts.join(to)
  }
  return changed
}

/** The changed modules of a mutant, by address. */
export function mutatedModules({ changes }: Mutant): Map<string, string> {
  const files = new Set(changes.map(({ file }) => file))
  return new Map(
    [...files].map((file) => [
      addressOf(file),
      mutate(
        readFileSync(new URL(file, lib), 'utf8'),
        changes.filter((change) => change.file === file),
      ),
    ]),
  )
}
