import { expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { emitSignature, every } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, reading, readings, run } from '../support/readings.ts'

test('every fires when the watermark passes a multiple, for windows that changed, ordered by end and key', async () => {
  const made = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', { over: tumbling('100ms'), aggregate: count(), emit: every('10ms') }),
    all(),
  )
  const driven = run(made).send(
    reading(1, 1, 'b'),
    reading(2, 1, 'a'),
    reading(9, 1, 'a'),
    reading(10, 1, 'c'),
    reading(47, 1, 'a'),
    reading(49, 1, 'a'),
  )
  const panes = (await emitted<Windowed<string, number>>(driven)).map(({ key, value, pane }) => [
    key,
    value,
    pane.index,
    pane.timing,
  ])
  expect(panes).toEqual([
    ['a', 2, 0, 'early'],
    ['b', 1, 0, 'early'],
    ['c', 1, 0, 'early'],
    ['a', 3, 1, 'early'],
  ])
})

test('an interval of nothing is refused', () => {
  expect(() => every('0s')).toThrow(ConfigurationError)
  expect(() => every('0s')).toThrow(`every('0s') has no length: expected at least '1ms'`)
})

test('the signature tells when and what from each other, and says nothing of the defaults', () => {
  expect(emitSignature('onClose', 'accumulating')).toBe('')
  expect(emitSignature('onUpdate', 'accumulating')).toBe(', on update')
  expect(emitSignature(every('1m'), 'discarding')).toBe(', every 60000 ms, discarding')
  expect(emitSignature(every('60s'), 'discarding')).toBe(emitSignature(every('1m'), 'discarding'))
})
