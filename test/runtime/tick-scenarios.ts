import { expect } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { MINUTE, TIMEOUT, TickWorld } from '../support/tick-world.ts'

/** What a tick must do, each with the rule of the protocol that it stands for. */
export const scenarios = {
  /** R18 */
  async 'goes by the head of the log, not by what its sandbox remembers'() {
    const world = new TickWorld()
    const sandbox = world.sandbox()
    world.put(0)
    await world.deliver(sandbox)
    world.put(MINUTE)
    await expect(world.deliver(world.brokenSandbox())).rejects.toThrow()
    await world.tickAt(2 * MINUTE, sandbox)
    expect(world.panes()).toEqual([[0, 1]])
  },

  /** R19 */
  async 'takes no shard for idle whose records are not delivered, because they are delayed or the mapping is off'() {
    const world = new TickWorld()
    const sandbox = world.sandbox()
    world.put(0)
    await world.deliver(sandbox)
    world.put(10)
    await world.tickAt(60 * MINUTE, sandbox)
    expect(world.panes()).toEqual([])
    await world.deliver(sandbox)
    await world.tickAt(61 * MINUTE, sandbox)
    expect(world.panes()).toEqual([[0, 2]])
  },

  /** R19 */
  async 'takes no shard for idle that it could not read'() {
    const world = new TickWorld()
    const { shards } = world.environment
    const sandbox = world.sandbox({
      shards: {
        shards: (stream) => shards.shards(stream),
        put: (stream, records) => shards.put(stream, records),
        look: async () => {
          throw new RetryableError('injected: throttled')
        },
      },
    })
    world.put(0)
    await world.deliver(sandbox)
    await expect(world.tickAt(60 * MINUTE, sandbox)).rejects.toThrow('injected: throttled')
    expect(world.panes()).toEqual([])
  },

  /** R20 */
  async 'closes a window when the silence has lasted for its end and the idle timeout, not before'() {
    const world = new TickWorld()
    const sandbox = world.sandbox()
    world.put(0)
    await world.deliver(sandbox)
    for (let tick = 1; tick < 20; tick++) await world.tickAt(tick * 6_000, sandbox)
    expect(world.panes()).toEqual([])
    await world.tickAt(2 * MINUTE, sandbox)
    expect(world.panes()).toEqual([[0, 1]])
  },

  /** R21 */
  async 'delivers what did not get through, once the function that committed it is over'() {
    const world = new TickWorld()
    world.put(0, MINUTE)
    await expect(world.deliver(world.brokenSandbox())).rejects.toThrow()
    const sandbox = world.sandbox()
    await world.tickAt(TIMEOUT, sandbox)
    expect(world.panes()).toEqual([[0, 1]])
  },
}
