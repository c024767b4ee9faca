import { expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { global } from '../../lib/windows/global.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { every } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, outcomes, reading, readings, run } from '../support/readings.ts'
import { members } from '../support/window-cases.ts'

test('it holds all of a key, and never is late', async () => {
  const made = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', { over: global(), aggregate: sum((r) => r.n), emit: 'onUpdate', late: all('late') }),
    all(),
  )
  const driven = run(made).send(reading(1_000), reading(3), reading(500, 1, 'b'))
  expect(await emitted<Windowed<string, number>>(driven)).toMatchObject([
    { key: 'a', value: 1, pane: { index: 0, timing: 'early' } },
    { key: 'a', value: 2, pane: { index: 1, timing: 'early' } },
    { key: 'b', value: 1, pane: { index: 0, timing: 'early' } },
  ])
  expect(await emitted(driven, 'late')).toEqual([])
  expect(await emitted(driven.end())).toMatchObject([
    {},
    {},
    {},
    { pane: { timing: 'onTime' } },
    { key: 'b' },
  ])
})

test.each([['onUpdate' as const], [every('4ms')]])(
  'a window behind it loses nothing, firing %j',
  async (emit) => {
    const made = pipeline(
      'p',
      readings('5ms'),
      keyBy(),
      window('w', { over: global(), aggregate: sum((r) => r.n), emit, panes: 'discarding' }),
      map(({ value }) => value),
      keyBy(),
      window('sums', { over: tumbling('10ms'), aggregate: sum((n) => n) }),
      all(),
    )
    const times = Array.from({ length: 100 }, (_, n) => (n % 4 === 0 ? n * 3 : n))
    const driven = run(made, { batchSize: 7 })
      .send(...times.map((time) => reading(time)))
      .end()
    const total = (await emitted<Windowed<string, number>>(driven)).reduce((n, { value }) => n + value, 0)
    expect(total).toBe(100)
    expect(await outcomes(driven, 'sums')).not.toHaveProperty('late')
  },
)

test('without a word on when to fire it is refused, also where types do not say so', () => {
  const plan = { name: 'w', aggregate: members, lateness: 0, late: 'drop', mode: 'accumulating' } as const
  expect(() => global().build({ ...plan, emit: 'onClose' })).toThrow(ConfigurationError)
  expect(() => global().build({ ...plan, emit: 'onClose' })).toThrow(
    `window 'w' over global() never closes: expected an 'emit' of 'onUpdate' or every('10s')`,
  )
})
