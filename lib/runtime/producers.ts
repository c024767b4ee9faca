import { ExchangeGapError } from '../core/errors.ts'
import { intersection } from '../core/hash-key.ts'
import type { KeyedState } from '../core/keyed-state.ts'
import { type RangeEntry, RangeMap, type StoredRange } from '../core/range-map.ts'
import type { HashRange } from '../core/shards.ts'
import { type Frame, IDLE } from './frame.ts'

/** What a receiver knows of one producer, for a range of hash keys. A task's name fixes its epoch. */
export interface Mark {
  /** the frame and part of it that is not done yet: at least this one */
  readonly version: number
  readonly part: number
  /** epoch ms */
  readonly watermark: number
  /** whether it was sealed: it says nothing any more, and holds no watermark back */
  readonly closed: boolean
}

/** Of a producer that has not spoken. */
const UNHEARD: Mark = { version: 0, part: 0, watermark: Number.NEGATIVE_INFINITY, closed: false }

export type Marks = RangeMap<Mark>

const sameMark = (a: Mark, b: Mark): boolean =>
  a.version === b.version && a.part === b.part && a.watermark === b.watermark && a.closed === b.closed

type StoredMark = readonly [version: number, part: number, watermark: number, closed: boolean]

/** How the marks of a producer are kept. */
export const MARKS_SHAPE = {
  copy: (marks: Marks): Marks => marks,
  store: (marks: Marks) =>
    marks.stored().map(([start, end, { version, part, watermark, closed }]) => {
      const mark: StoredMark = [version, part, watermark, closed]
      return [start, end, mark] as const
    }),
  revive: (stored: readonly StoredRange<StoredMark>[]): Marks =>
    RangeMap.revive(
      sameMark,
      stored.map(([start, end, [version, part, watermark, closed]]) => [
        start,
        end,
        { version, part, watermark, closed },
      ]),
    ),
}

/**
 * The producers that a receiving task hears of, by hash range (protocol R24, R25, R32): what is done of what
 * they sent, and their watermarks.
 */
export class Producers {
  readonly #state: KeyedState<Marks>
  readonly #range: HashRange

  /** @param range the receiver's own */
  constructor(state: KeyedState<Marks>, range: HashRange) {
    this.#state = state
    this.#range = range
  }

  /** Begins with all that there were when the pipeline's state was made: none has spoken (R25). */
  expect(roster: readonly string[]): void {
    if (this.#state.size > 0) return
    for (const task of roster) this.#change(task, this.#range, (mark) => mark)
  }

  /**
   * The parts of the receiver's range that a part of a frame brings something new to.
   * @throws ExchangeGapError if something that was sent before it is missing there
   */
  fresh(frame: Frame): readonly HashRange[] {
    const own = intersection(frame.range, this.#range)
    if (own === undefined) return []
    const parts = this.#marks(frame.task).within(own, UNHEARD)
    return parts
      .filter(({ value: mark }) => !isDone(mark, frame))
      .map((part) => {
        this.#refuseGap(frame, part)
        return part.range
      })
  }

  /** Notes that a part of a frame is done in these ranges. */
  done(frame: Frame, ranges: readonly HashRange[]): void {
    const { task, version, part, last, watermark, children } = frame
    for (const range of ranges) {
      this.#change(task, range, (mark) =>
        last
          ? {
              version: version + 1,
              part: 0,
              // Idle is no time: what comes after it counts, and the receiver itself never goes back.
              watermark: mark.watermark === IDLE ? watermark : Math.max(mark.watermark, watermark),
              closed: children !== undefined,
            }
          : { ...mark, version, part: part + 1 },
      )
      if (!last) continue
      for (const child of children ?? []) this.#follow(child, range, watermark)
    }
  }

  /** The least watermark of all that may still send something and are not idle; undefined if there are none. */
  watermark(): number | undefined {
    let least: number | undefined
    for (const { value: marks } of this.#state.cells(0)) {
      for (const { value: mark } of marks.entries) {
        if (!mark.closed && mark.watermark !== IDLE && (least === undefined || mark.watermark < least))
          least = mark.watermark
      }
    }
    return least
  }

  /** A child of a sealed producer takes its place, at its watermark: the least of several parents' (R32). */
  #follow(child: string, range: HashRange, watermark: number): void {
    const known = this.#marks(child)
    const missing = { ...UNHEARD, watermark }
    for (const part of known.within(range, missing)) {
      const { version, part: next } = part.value
      // It has spoken for itself.
      if (version > 0 || next > 0) continue
      const lower = (mark: Mark): Mark => ({ ...mark, watermark: Math.min(mark.watermark, watermark) })
      this.#change(child, part.range, lower, missing)
    }
  }

  /** Frames come in order to every hash key: one whose predecessor is missing must not be taken (R23). */
  #refuseGap(frame: Frame, { range, value: mark }: RangeEntry<Mark>): void {
    if (frame.part > 0) {
      if (mark.version !== frame.version || mark.part !== frame.part) throw gap(frame, frame.task)
      return
    }
    let sent = false
    for (const before of frame.previous) {
      const common = intersection(before.range, range)
      if (common === undefined) continue
      for (const { task, version } of before.value) {
        sent = true
        const marks = this.#marks(task || frame.task).within(common, UNHEARD)
        if (marks.some(({ value }) => value.version !== version + 1 || value.part !== 0)) {
          throw gap(frame, task || frame.task)
        }
      }
    }
    if (!sent && (mark.version > 0 || mark.part > 0)) throw gap(frame, frame.task)
  }

  #marks(task: string): Marks {
    return this.#state.get(0, task)?.value ?? new RangeMap(sameMark)
  }

  #change(task: string, range: HashRange, change: (mark: Mark) => Mark, missing = UNHEARD): void {
    const cell = this.#state.get(0, task)
    const marks = this.#marks(task).update(range, missing, change)
    if (cell === undefined) this.#state.create(0, task, marks)
    else {
      this.#state.touch(cell)
      cell.value = marks
    }
  }
}

const isDone = (mark: Mark, { version, part }: Frame): boolean =>
  version < mark.version || (version === mark.version && part < mark.part)

const gap = ({ task, version, part, previous }: Frame, missing: string): ExchangeGapError =>
  new ExchangeGapError(
    `something that '${missing}' sent before part ${part} of entry ${version} of '${task}' never arrived: the exchange's stream did not keep it until it was read, or was deleted; give the pipeline a new name so that it starts anew, and raise the stream's retention`,
    { task, version, part, previous: previous.map(({ value }) => value) },
  )
