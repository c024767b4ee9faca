import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { dataSets, linesOf } from '../../bench/nexmark/generator/data-sets.ts'
import { toRecords } from '../../bench/nexmark/records.ts'
import type { RawRecord } from '../../lib/testing/shard-feed.ts'
import type { Query } from './queries/index.ts'

const DATA = fileURLToPath(new URL('data', import.meta.url))
const hashes = JSON.parse(readFileSync(`${DATA}/small-ooo/sha256.json`, 'utf8')) as Record<string, string>

/** Sets with results of Flink in data/. */
export type GoldenSet = 'tiny' | 'small-ooo'

export const recordsOf = (set: GoldenSet): RawRecord[] => Array.from(linesOf(dataSets[set]), toRecords())

/** Flink's rows, as canonical JSON lines; undefined if they are not in data/. */
export function rowsOfFlink(set: GoldenSet, query: Query): string[] | undefined {
  const file = `${DATA}/${set}/${query}.jsonl.gz`
  if (!existsSync(file)) return undefined
  return gunzipSync(readFileSync(file)).toString().split('\n').slice(0, -1)
}

/** The hash of Flink's rows of `small-ooo`, for those that are not in data/. */
export const hashOfFlink = (query: Query): string | undefined => hashes[query]

export const hashOf = (lines: Iterable<string>): string =>
  hash('sha256', Array.from(lines, (line) => `${line}\n`).join(''))
