import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const START = fileURLToPath(new URL('../../examples/flights/start.ts', import.meta.url))
const CHECK = fileURLToPath(new URL('../../examples/flights/check.ts', import.meta.url))
const SAMPLE_MS = 100

/** All 3,000,000 flights through `npm start`: how long it takes, how much memory, and whether all is right. */
export async function wholeRun(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    const started = performance.now()
    const child = spawn(process.execPath, [...process.execArgv, START], { cwd: folder, stdio: 'ignore' })
    let peak = 0
    const timer = setInterval(() => {
      peak = Math.max(peak, residentPeak(child.pid))
    }, SAMPLE_MS)
    await once(child, 'exit')
    clearInterval(timer)
    const seconds = (performance.now() - started) / 1_000
    console.log(
      `npm start, 3,000,000 flights: ${seconds.toFixed(1)} s, at most ${Math.round(peak / 1e6)} MB resident`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const check = spawn(
    process.execPath,
    [...process.execArgv, CHECK, '--limit', '3000000', '--kills', '3', '--bad', '0.001'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const [code] = await once(check, 'exit')
  process.exitCode = Number(code)
}

/** The largest resident size so far, bytes, where the system tells it (Linux); else 0. */
function residentPeak(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1_024
  } catch {
    return 0
  }
}
