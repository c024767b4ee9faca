import type { Mapping } from './mapping.ts'
import { isLive } from './sandbox.ts'
import type { World } from './world.ts'

/** So many invocations of one shard run at a time, at most. */
const MOST_AT_ONCE = 3

/** What can happen to a function, with how often it does. */
const WEIGHTS = {
  'delivered twice': 5,
  'delivered again': 4,
  'a straggler': 3,
  'timed out': 4,
  'mapping created again': 0.7,
  'new sandbox': 3,
  'sandbox killed': 2,
}

type Strike = keyof typeof WEIGHTS

export const STRIKES = Object.keys(WEIGHTS) as readonly Strike[]

/** What happens to a function that is no fault of a single call. */
export class Chaos {
  readonly #world: World

  readonly #strikes: Readonly<Record<Strike, (mapping: Mapping) => boolean>> = {
    'delivered twice': (mapping) => this.#twice(mapping),
    'delivered again': (mapping) => this.#again(mapping),
    'a straggler': (mapping) => this.#straggler(mapping),
    'timed out': (mapping) => this.#timeout(mapping),
    'mapping created again': (mapping) => this.#recreate(mapping),
    'new sandbox': () => this.#replace(),
    'sandbox killed': () => this.#kill(),
  }

  constructor(world: World) {
    this.#world = world
  }

  /** @returns whether anything happened */
  strike(): boolean {
    const { random, mappings, scheduler } = this.#world
    const mapping = random.pick(mappings)
    if (this.#world.isCalm(mapping.shard) || !scheduler.takeFault(1)) return false
    const strike = random.weighted(STRIKES, (each) => WEIGHTS[each])
    const happened = this.#strikes[strike](mapping)
    if (happened) scheduler.events.add(`chaos: ${strike}`)
    else scheduler.faults++
    return happened
  }

  /** The batch in flight is delivered a second time, to the same sandbox or to another. */
  #twice(mapping: Mapping): boolean {
    const { random, sandboxes } = this.#world
    const { inFlight } = mapping
    if (inFlight === undefined || !isLive(inFlight) || !this.#hasRoom(mapping)) return false
    const same = random.chance(0.4) && !inFlight.sandbox.dead
    this.#world.deliver(
      mapping,
      [inFlight.from, inFlight.to],
      same ? inFlight.sandbox : random.pick(sandboxes),
    )
    return true
  }

  /** Some old batch is delivered again, beside the one in flight. */
  #again(mapping: Mapping): boolean {
    const { random, sandboxes } = this.#world
    if (!this.#hasRoom(mapping)) return false
    this.#world.deliver(mapping, mapping.again(), random.pick(sandboxes))
    return true
  }

  /** A large batch comes to a new sandbox, whose load takes long, while others go on; then it makes haste. */
  #straggler(mapping: Mapping): boolean {
    const [from, to] = mapping.ahead()
    if (from === to || !this.#hasRoom(mapping)) return false
    const sandbox = this.#world.newSandbox()
    this.#retire(sandbox)
    this.#world.deliver(mapping, [from, to], sandbox).pace = 'straggling'
    return true
  }

  /** Nobody waits for the batch in flight any more, but it goes on: later, if it is a zombie. */
  #timeout(mapping: Mapping): boolean {
    const { random, scheduler } = this.#world
    const { inFlight } = mapping
    if (inFlight === undefined || !this.#hasRoom(mapping)) return false
    scheduler.note(() => `${inFlight.label} times out`)
    inFlight.priority = 0
    inFlight.abandoned = true
    for (const operation of scheduler.pending) {
      if (operation.invocation === inFlight && random.chance(0.7)) {
        operation.wakeAt = scheduler.step + random.between(10, 300)
      }
    }
    // Its sandbox may be given up, with the zombie in it, or take the next batch.
    if (random.chance(0.5)) this.#retire(inFlight.sandbox)
    mapping.failed()
    return true
  }

  #recreate(mapping: Mapping): boolean {
    if (!this.#hasRoom(mapping)) return false
    this.#world.scheduler.note(() => `the mapping of shard ${mapping.shard} starts at TRIM_HORIZON`)
    mapping.recreate()
    return true
  }

  /** A new sandbox comes, perhaps in place of one that gets no more batches. */
  #replace(): boolean {
    const { random, sandboxes } = this.#world
    if (random.chance(0.7) || sandboxes.length > 4) this.#retire(random.pick(sandboxes))
    else this.#world.newSandbox()
    return true
  }

  #kill(): boolean {
    const { random, sandboxes, scheduler } = this.#world
    const sandbox = random.pick(sandboxes)
    if (!sandbox.mayCrash()) return false
    scheduler.note(() => `b${sandbox.id} is killed`)
    scheduler.crash(sandbox)
    this.#retire(sandbox)
    return true
  }

  #retire(sandbox: object): void {
    this.#world.sandboxes = this.#world.sandboxes.filter((each) => each !== sandbox)
    if (this.#world.sandboxes.length === 0) this.#world.newSandbox()
  }

  #hasRoom({ shard }: Mapping): boolean {
    return this.#world.invocations.filter((each) => each.shard === shard).length < MOST_AT_ONCE
  }
}
