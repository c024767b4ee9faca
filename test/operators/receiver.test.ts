import { expect, test, vi } from 'vitest'
import { receiver } from '../../lib/operators/receiver.ts'

test('time passes through, elements go where they are told', () => {
  const output = { push: vi.fn(), advance: vi.fn(), restore: vi.fn() }
  const pushed: number[] = []
  const through = receiver(output, (value: number) => void pushed.push(value))
  through.push(1)
  through.advance(2)
  through.restore(3)
  expect(pushed).toEqual([1])
  expect(output.push).not.toHaveBeenCalled()
  expect(output.advance.mock.calls).toEqual([[2]])
  expect(output.restore.mock.calls).toEqual([[3]])
})
