import { type Mutant, mutant } from '../mutant.ts'

/** The rules that a simulation of two stages must miss. */
export const STAGE_MUTANTS: readonly Mutant[] = [
  mutant('R19: a shard with records above the position counts as silent', [
    'runtime/silence.ts',
    "return look === 'tip' ? silentWatermark(progress, now, source) : undefined",
    'return silentWatermark(progress, now, source)',
  ]),
  mutant('R23: a frame is put at the lowest hash key of its range only', [
    'runtime/exchange-writer.ts',
    'if (shard.endingHashKey < lane.range.endingHashKey) lane.next',
    'if (shard.endingHashKey < lane.next) lane.next',
  ]),
  mutant('R24: elements outside of the own range are taken as well', [
    'runtime/exchange-intake.ts',
    'if (!whole && !isFresh(fresh, key)) continue',
    '',
  ]),
  mutant('R24: what was done is taken again', [
    'runtime/producers.ts',
    '.filter(({ value: mark }) => !isDone(mark, frame))',
    '',
  ]),
  mutant('R25: a receiver does not know which producers there are', [
    'runtime/producers.ts',
    'for (const task of roster) this.#change(task, this.#range, (mark) => mark)',
    '',
  ]),
  mutant("R25: the watermark is the largest of the producers'", [
    'runtime/producers.ts',
    'mark.watermark < least)',
    'mark.watermark > least)',
  ]),
  mutant('R26: a watermark goes only where elements go', [
    'runtime/exchange-sender.ts',
    'children !== undefined || this.#idle || this.#watermark > this.#told',
    'children !== undefined || this.#idle',
  ]),
  mutant('R28: parents are not fenced', [
    'runtime/open-task.ts',
    'if (!(await log.commit(draft, graph.state, memory.inherited))) continue',
    '',
  ]),
  mutant('R28: what a seal says is not sent', [
    'runtime/open-task.ts',
    'await publish(stage, outbox, entry)\n    await log.markDelivered()',
    'await log.markDelivered()',
  ]),
  mutant('R28: a tick seals parents that are not read to their ends', [
    'runtime/open-task.ts',
    "!== 'end'",
    "=== 'never'",
  ]),
  mutant('R29: every child of a shard inherits all of its state', [
    'runtime/inherited-state.ts',
    'shared.has(name) ? cells : ownCells(cells, range)',
    'cells',
  ]),
  mutant('R29: state that belongs to no key is split by its ids', [
    'runtime/inherited-state.ts',
    'shared.has(name) ? cells : ownCells(cells, range)',
    'ownCells(cells, range)',
  ]),
  mutant("R30: one parent's marks stand for the ranges of both", [
    'runtime/inherited-state.ts',
    'marks.get(producer)?.overlay(known) ?? known',
    'known',
  ]),
  mutant('R31: a merged task begins at the larger watermark', [
    'runtime/open-task.ts',
    'Math.min(...sealed.map(',
    'Math.max(...sealed.map(',
  ]),
  mutant('R31: a merged task forgets where its parents were in time', [
    'runtime/open-task.ts',
    'inheritedLanes(watermarks, shard)',
    '[]',
  ]),
  mutant('R32: a seal does not take its task out of the minimum', [
    'runtime/producers.ts',
    'closed: children !== undefined',
    'closed: false',
  ]),
  mutant('R32: the children of a sealed task are not waited for', [
    'runtime/producers.ts',
    'for (const child of children ?? []) this.#follow(child, range, watermark)',
    '',
  ]),
]
