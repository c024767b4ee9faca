import { createLogUpdate } from 'log-update'
import type { PipelineStatus } from './status.ts'

/** What the view shows of a run. */
interface RunStatus {
  /** flights put into the stream, of all that will be */
  readonly produced: number
  readonly total: number
  /** records that every function has done */
  readonly done: number
  /** records per second, over the last seconds */
  readonly rate: number
  readonly pipelines: readonly PipelineStatus[]
}

export interface View {
  show(status: RunStatus): void
  /** Leaves the last state on the screen. */
  close(): void
}

const BAR_WIDTH = 40
/** Plain output gets a line this often, ms. */
const LINE_EVERY = 2_000

/** A live view where there is a terminal, plain lines where there is none. */
export const openView = (out: NodeJS.WriteStream): View => (out.isTTY ? liveView(out) : plainView(out))

function liveView(out: NodeJS.WriteStream): View {
  const update = createLogUpdate(out)
  return {
    show: (status) => update([progress(status), '', ...status.pipelines.flatMap(details), ''].join('\n')),
    close: () => update.done(),
  }
}

function plainView(out: NodeJS.WriteStream): View {
  let last = 0
  let line = ''
  const write = (): void => {
    if (line !== '') out.write(`${line}\n`)
    line = ''
    last = performance.now()
  }
  return {
    show(status) {
      line = `${progress(status)}; ${status.pipelines.map(brief).join('; ')}`
      if (performance.now() - last >= LINE_EVERY) write()
    },
    close: write,
  }
}

function progress({ done, total, rate }: RunStatus): string {
  if (total === 0) return 'flights: reading the file'
  const share = Math.min(1, done / total)
  const filled = Math.floor(share * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  return `flights ${bar} ${Math.floor(share * 100)} %  ${number(done)} of ${number(total)} records  ${number(rate)}/s`
}

function details(status: PipelineStatus): string[] {
  const { name, batches, outcomes, openWindows, closed, updatedPanes, deadLetters, watermark } = status
  const first = `${name.padEnd(16)} batches ${number(batches)}   dead letters ${number(deadLetters)}`
  if (watermark === undefined || closed + openWindows === 0) {
    return [`${first}   filtered ${number(outcomes.filtered)}   delivered ${number(outcomes.passed)}`]
  }
  return [
    `${first}   late ${number(outcomes.late)}   watermark ${time(watermark)}`,
    `${' '.repeat(16)} windows: open ${number(openWindows)}   closed ${number(closed)}   updated ${number(updatedPanes)}`,
  ]
}

function brief({
  name,
  batches,
  outcomes,
  openWindows,
  closed,
  updatedPanes,
  watermark,
  deadLetters,
}: PipelineStatus): string {
  const common = `${name}: ${batches} batches, ${deadLetters} dead letters`
  if (watermark === undefined || closed + openWindows === 0) return `${common}, ${outcomes.passed} delivered`
  return `${common}, watermark ${time(watermark)}, ${openWindows} open, ${closed} closed, ${updatedPanes} updated, ${outcomes.late} late`
}

/** A count with separators: 3,000,000. */
export const number = (value: number): string => Math.round(value).toLocaleString('en-US')

const time = (watermark: number): string =>
  watermark >= Number.MAX_SAFE_INTEGER
    ? 'end of stream'
    : new Date(watermark).toISOString().slice(0, 16).replace('T', ' ')
