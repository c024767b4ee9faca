import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { planOf } from '../../lib/runtime/plan.ts'
import type { BatchReport } from '../../lib/runtime/report.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { MemoryClaimStore } from '../../lib/state/memory-claims.ts'
import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import { Chaos } from './chaos.ts'
import { SimClock } from './clock.ts'
import { unaccounted } from './conservation.ts'
import { Effects } from './effects.ts'
import { Ledger } from './ledger.ts'
import { Mapping, type Range } from './mapping.ts'
import { PIPELINES, STREAM } from './pipelines.ts'
import type { Scenario } from './profile.ts'
import { Random } from './random.ts'
import { type Invocation, invoke, isLive, running, type SimSandbox } from './sandbox.ts'
import { type Operation, Scheduler } from './scheduler.ts'
import { SimSinks } from './sinks.ts'
import { GENERATION, simBlobs, simStore } from './stores.ts'

/** Far more steps than any run takes: it does not come to an end. */
const MOST_STEPS = 30_000
const END_OF_TIME = Number.MAX_SAFE_INTEGER

/** Streams, mappings, sandboxes, stores and sinks; and the order in which all of it happens. */
export class World {
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly store: MemoryStateStore
  readonly blobs = new MemoryBlobStore()
  readonly clock = new SimClock(GENERATION)
  readonly effects: Effects
  readonly sinks: SimSinks
  readonly ledger: Ledger
  readonly mappings: readonly Mapping[]
  readonly random: Random
  /** those that still run */
  invocations: Invocation[] = []
  sandboxes: SimSandbox[] = []
  #ids = 0
  readonly #environment: Environment
  readonly #chaos: Chaos

  constructor(scenario: Scenario, trace: string[] | undefined) {
    const { profile, seed, shards, ends } = scenario
    const random = new Random(seed, 1)
    this.scenario = scenario
    this.random = random
    this.scheduler = new Scheduler(random, profile, trace)
    const { scheduler, blobs } = this
    this.store = new MemoryStateStore(profile.maxEntryBytes)
    this.ledger = new Ledger({
      blobs,
      generation: GENERATION,
      plan: planOf(this.newPipeline()),
      fail: (reason) => scheduler.fail(reason),
      event: (event) => scheduler.events.add(event),
    })
    const { ledger, store } = this
    this.sinks = new SimSinks({ scheduler, random, ledger, torn: profile.torn })
    this.mappings = shards.map(
      (records, shard) => new Mapping(shard, records, random, profile.batchSize, ends),
    )
    this.effects = new Effects({
      scheduler,
      claims: new MemoryClaimStore(),
      now: () => this.clock.now(),
      again: scenario.pipeline !== 'effectOnce',
    })
    const context = { store, blobs, scheduler, random, ledger, scenario }
    let nonces = 0
    this.#environment = {
      store: simStore(context),
      blobs: simBlobs(context),
      claims: this.effects.claims,
      clock: this.clock,
      codeVersion: '1',
      openSink: (target) => this.sinks.open(target),
      deadLetters: this.sinks.deadLetters,
      memoryBudget: profile.memoryBudget,
      nonce: () => `n${nonces++}`,
      report: (report) => this.#reported(report),
    }
    this.#chaos = new Chaos(this)
    for (let sandbox = 0; sandbox < profile.sandboxes; sandbox++) this.newSandbox()
  }

  /** The scenario's pipeline, made anew: nothing is shared between sandboxes. */
  newPipeline(): Pipeline {
    const { scheduler } = this
    const make = PIPELINES[this.scenario.pipeline]
    if (make === undefined) throw new Error(`no pipeline ${this.scenario.pipeline}`)
    return make({
      flaky: () => scheduler.flaky(),
      effect: (key, signal) => this.effects.perform(key, signal),
      kill: () => this.#killed(),
      later: (value) => scheduler.call('later', async () => value, 'user'),
    })
  }

  /** Runs until every record of every shard is done and every invocation has ended. */
  async run(): Promise<void> {
    const { scheduler } = this
    while (scheduler.failure === undefined) {
      scheduler.step++
      this.#passTime()
      this.#reap()
      const finished = this.mappings.every((mapping) => mapping.finished)
      // What still runs then goes on without faults.
      if (finished && scheduler.faults > 0 && this.random.chance(0.05)) scheduler.faults = 0
      if (
        finished &&
        scheduler.faults === 0 &&
        this.invocations.length === 0 &&
        scheduler.pending.length === 0
      )
        return
      if (scheduler.step > MOST_STEPS) scheduler.fail(`not at its end after ${MOST_STEPS} steps`)
      await this.#next()
      // Whatever the answer set going runs until it waits for the next one.
      await nextTurn()
    }
  }

  newSandbox(): SimSandbox {
    const handler = lambda(this.newPipeline())
    handler.connect(this.#environment)
    const sandbox: SimSandbox = {
      id: this.#ids++,
      handler,
      dead: false,
      mayCrash: () => !this.invocations.some((each) => each.sandbox === sandbox && each.calm()),
    }
    this.sandboxes.push(sandbox)
    return sandbox
  }

  /** Delivers a batch; an empty range stands for the tick at the end of the stream. */
  deliver(mapping: Mapping, [from, to]: Range, sandbox: SimSandbox): Invocation {
    const { shard, shardId } = mapping
    const id = this.#ids++
    const label = `b${sandbox.id}.i${id}`
    const invocation: Invocation = {
      id,
      label,
      sandbox,
      shard,
      from,
      to,
      deadline: this.clock.now() + this.scenario.profile.timeout,
      answer: undefined,
      abandoned: false,
      attempt: 'none',
      pace: 'usual',
      refused: new Set(),
      repeated: new Map(),
      priority: this.random.next(),
      calm: () => this.isCalm(shard),
    }
    this.invocations.push(invocation)
    this.scheduler.note(
      () => `${label} gets ${from === to ? 'the tick' : `${from}-${to - 1}`} of shard ${shard}`,
    )
    const tick = { millrace: { stream: STREAM, shardId, watermark: END_OF_TIME } }
    invoke(invocation, from === to ? tick : mapping.event([from, to]), () => this.clock.now())
    return invocation
  }

  /** Whether more kills would make an innocent record of this shard a dead letter (R17). */
  isCalm(shard: number): boolean {
    const shardId = this.mappings[shard]?.shardId ?? ''
    const calm = this.ledger.isHot(this.ledger.taskOf(shardId))
    if (calm) this.scheduler.events.add('nothing may go wrong any more')
    return calm
  }

  /** Ends the processes of invocations that are past their deadline. */
  #passTime(): void {
    this.clock.step()
    for (const { deadline, sandbox, label } of this.invocations) {
      if (deadline > this.clock.now() || sandbox.dead || !sandbox.mayCrash()) continue
      this.scheduler.note(() => `${label} is past its deadline`)
      this.scheduler.events.add('past the deadline')
      this.scheduler.crash(sandbox)
    }
  }

  /** User code ends its process: what is thrown gets nowhere. */
  #killed(): never {
    const { sandbox, label } = running()
    this.scheduler.note(() => `${label} is killed by its record`)
    this.scheduler.events.add('a record ends its process')
    this.scheduler.crash(sandbox)
    throw new Error('the process has ended')
  }

  async #next(): Promise<void> {
    const { scheduler, random } = this
    if (random.chance(this.scenario.profile.chaos) && this.#chaos.strike()) return
    const idle = this.mappings.filter(({ inFlight, finished }) => inFlight === undefined && !finished)
    const ready = this.#ready()
    const choice = random.between(0, Math.max(0, ready.length + idle.length - 1))
    const mapping = idle[choice]
    if (mapping !== undefined) {
      mapping.inFlight = this.deliver(mapping, mapping.next(), random.pick(this.sandboxes))
    } else if (ready.length > 0) {
      await scheduler.perform(this.#pick(ready))
    } else if (scheduler.pending.length > 0) {
      for (const each of scheduler.pending) each.wakeAt = 0
    } else if (this.invocations.length > 0) scheduler.fail(`${this.invocations[0]?.label} hangs`)
  }

  /** What can happen now. In a calm shard one invocation runs at a time, the oldest that can. */
  #ready(): Operation[] {
    const { pending, step } = this.scheduler
    const first = new Map<number, Invocation>()
    const isHeld = ({ invocation }: Operation): boolean => {
      if (invocation.sandbox.dead || !invocation.calm()) return false
      const { shard } = invocation
      const known = first.get(shard)
      const oldest =
        known ??
        this.invocations.find(
          (each) => each.shard === shard && pending.some((operation) => operation.invocation === each),
        )
      if (oldest !== undefined) first.set(shard, oldest)
      return oldest !== invocation
    }
    return pending.filter((operation) => {
      if (operation.invocation.calm()) operation.wakeAt = 0
      return operation.wakeAt <= step && !isHeld(operation)
    })
  }

  #pick(ready: readonly Operation[]): Operation {
    const { random } = this
    const hasty = ready.filter(({ invocation }) => invocation.pace === 'hasty')
    if (hasty.length > 0 && random.chance(0.8)) return random.pick(hasty)
    if (!this.scenario.profile.bursts) return random.pick(ready)
    const best = ready.reduce((a, b) => (b.invocation.priority > a.invocation.priority ? b : a))
    if (random.chance(0.05)) best.invocation.priority = random.next()
    return best
  }

  /** Tells the mappings of what has ended. */
  #reap(): void {
    const { scheduler, random } = this
    const ended = this.invocations.filter((invocation) => !isLive(invocation))
    if (ended.length === 0) return
    this.invocations = this.invocations.filter(isLive)
    this.sandboxes = this.sandboxes.filter(({ dead }) => !dead)
    if (this.sandboxes.length === 0) this.newSandbox()
    for (const invocation of ended) {
      const { answer, label, shard } = invocation
      const mapping = this.mappings[shard]
      scheduler.note(
        () =>
          `${label} ends: ${answer?.kind === 'failed' ? answer.error : (answer?.firstFailed ?? answer?.kind ?? 'crashed')}`,
      )
      if (answer !== undefined && invocation.attempt === 'noted') {
        scheduler.fail(`${label} has come to an end and has not said so`)
      }
      if (mapping?.inFlight !== invocation) continue
      const heard = answer?.kind === 'done' && !(random.chance(0.05) && scheduler.takeFault(1))
      if (heard && answer.firstFailed !== undefined) scheduler.events.add('a partial failure')
      if (!heard && answer?.kind === 'done') scheduler.events.add('an answer is lost')
      if (heard) mapping.succeeded(answer.firstFailed)
      else if (mapping.failed()) scheduler.events.add('a batch is halved')
    }
  }

  #reported(report: BatchReport): void {
    const { refused, repeated, label } = running()
    // An own entry whose answer was lost is no conflict (R2), unless its slot holds a newer one by now.
    const oldest = this.ledger.versionOf(report.task) - this.scenario.ringSize
    const gone = [...repeated.values()].filter((version) => version <= oldest)
    const { commitConflicts } = report
    if (commitConflicts < refused.size || commitConflicts > refused.size + gone.length) {
      this.scheduler.fail(`${label} tells of ${commitConflicts} conflicts and had ${refused.size}`)
    }
    const wrong = unaccounted(this.newPipeline(), report.counters)
    if (wrong !== undefined) this.scheduler.fail(`${label}: ${wrong}`)
  }
}
