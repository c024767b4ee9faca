import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ScheduledEvent } from 'aws-lambda'
import { scheduledEvent } from '../../../lib/local/scheduled-event.ts'
import type { Environment } from '../../../lib/runtime/environment.ts'
import { lambda } from '../../../lib/runtime/handler.ts'
import type { BatchEvent } from '../../../lib/runtime/middlewares/step.ts'
import { MemoryBlobStore } from '../../../lib/state/memory-blobs.ts'
import { MemoryClaimStore } from '../../../lib/state/memory-claims.ts'
import { MemoryStateStore } from '../../../lib/state/memory-store.ts'
import { SimClock } from '../clock.ts'
import { Random } from '../random.ts'
import type { Reading } from '../records.ts'
import { type Invocation, invoke, isLive, type SimSandbox } from '../sandbox.ts'
import { type Operation, Scheduler } from '../scheduler.ts'
import { SimSinks } from '../sinks.ts'
import { GENERATION, simBlobs, simStore } from '../stores.ts'
import { DISORDER, SOURCE_STREAM, STAGED, type StagedPipeline } from './pipelines.ts'
import type { StagesScenario } from './scenario.ts'
import { simShards } from './shard-access.ts'
import { ShardMapping } from './shard-mapping.ts'
import { type SimShard, SimStream } from './sim-stream.ts'
import { StagesLedger } from './stages-ledger.ts'

const MOST_STEPS = 40_000
const END_OF_TIME = Number.MAX_SAFE_INTEGER
const MOST_SHARDS = 4
/** So many invocations of one shard run at a time, at most. */
const MOST_AT_ONCE = 3

/** A producer, two streams that are resharded, mappings, sandboxes, stores, sinks, ticks; and the order of it all. */
export class StagesWorld {
  readonly scheduler: Scheduler
  readonly sinks: SimSinks
  /** what the producer has put */
  readonly sent: Reading[] = []
  readonly staged: StagedPipeline
  readonly #scenario: StagesScenario
  readonly #random: Random
  readonly #clock = new SimClock(GENERATION)
  readonly #ledger: StagesLedger
  readonly #streams: readonly SimStream[]
  readonly #mappings: ShardMapping[] = []
  readonly #environment: Environment
  #invocations: Invocation[] = []
  #sandboxes: SimSandbox[] = []
  #ids = 0
  #reshards: number
  /** shards whose task has been told that the stream is at its end */
  readonly #ended = new Set<string>()

  constructor(scenario: StagesScenario, trace: string[] | undefined) {
    const { seed, profile, sourceShards, exchangeShards, reshards } = scenario
    const staged = STAGED[scenario.pipeline]
    if (staged === undefined) throw new Error(`no pipeline ${scenario.pipeline}`)
    this.#scenario = scenario
    this.staged = staged
    this.#reshards = reshards
    const random = new Random(seed, 3)
    this.#random = random
    const scheduler = new Scheduler(random, profile, trace)
    this.scheduler = scheduler
    const blobs = new MemoryBlobStore()
    const ledger = new StagesLedger(blobs, (reason) => scheduler.fail(reason))
    this.#ledger = ledger
    this.sinks = new SimSinks({ scheduler, random, ledger, torn: profile.torn })
    this.#streams = [
      new SimStream(SOURCE_STREAM, sourceShards),
      new SimStream(staged.exchange, exchangeShards),
    ]
    const store = new MemoryStateStore(profile.maxEntryBytes)
    const context = { store, blobs, scheduler, random, ledger, scenario }
    let nonces = 0
    const now = () => this.#clock.now()
    this.#environment = {
      store: simStore(context),
      blobs: simBlobs(context),
      claims: new MemoryClaimStore(),
      clock: this.#clock,
      shards: simShards({ streams: this.#streams, scheduler, random, now, torn: profile.torn }),
      codeVersion: '1',
      openSink: (target) => this.sinks.open(target),
      deadLetters: this.sinks.deadLetters,
      memoryBudget: profile.memoryBudget,
      nonce: () => `n${nonces++}`,
      report: () => {},
    }
    for (let sandbox = 0; sandbox < profile.sandboxes; sandbox++) this.#newSandbox()
    this.#follow()
  }

  /** Runs until all records are through all stages and everything is closed. */
  async run(): Promise<void> {
    const { scheduler } = this
    while (scheduler.failure === undefined) {
      scheduler.step++
      this.#passTime()
      this.#reap()
      if (this.#isQuiet() && scheduler.faults > 0 && this.#random.chance(0.05)) scheduler.faults = 0
      if (this.#isOver()) return
      if (scheduler.step > MOST_STEPS) scheduler.fail(`not at its end after ${MOST_STEPS} steps`)
      await this.#next()
      await nextTurn()
    }
  }

  /** Whether the producer has put everything, and all of it is consumed. */
  #isQuiet(): boolean {
    return this.sent.length === this.#scenario.records && this.#mappings.every((mapping) => mapping.caughtUp)
  }

  #isOver(): boolean {
    const { faults, pending } = this.scheduler
    return (
      this.#isQuiet() &&
      faults === 0 &&
      this.#invocations.length === 0 &&
      pending.length === 0 &&
      this.#toEnd().length === 0
    )
  }

  /** Open source shards whose tasks do not know yet that the stream is at its end. */
  #toEnd(): readonly ShardMapping[] {
    return this.#mappings.filter(
      ({ stream, shard }) => stream === this.#streams[0] && shard.open && !this.#ended.has(shard.shardId),
    )
  }

  async #next(): Promise<void> {
    const { scheduler } = this
    const random = this.#random
    if (this.#change()) return
    if (random.chance(this.#scenario.profile.chaos) && this.#strike()) return
    const idle = this.#mappings.filter((mapping) => this.#isReady(mapping))
    const ready = this.#ready()
    const choice = random.between(0, Math.max(0, ready.length + idle.length - 1))
    const mapping = idle[choice]
    if (mapping !== undefined) {
      mapping.inFlight = this.#deliver(mapping, mapping.next(), random.pick(this.#sandboxes))
    } else if (ready.length > 0) await scheduler.perform(this.#pick(ready))
    else if (scheduler.pending.length > 0) for (const each of scheduler.pending) each.wakeAt = 0
    else if (this.#invocations.length > 0) scheduler.fail(`${this.#invocations[0]?.label} hangs`)
    else if (this.#isQuiet()) this.#end()
  }

  /** A mapping reads a shard when those of its parents, and of theirs, are through. */
  #isReady({ inFlight, caughtUp, stream, shard }: ShardMapping): boolean {
    return inFlight === undefined && !caughtUp && this.#parentsAreThrough(stream, shard)
  }

  #parentsAreThrough(stream: SimStream, { parents }: SimShard): boolean {
    return parents.every((shardId) => {
      const mapping = this.#mappings.find((each) => each.stream === stream && each.shard.shardId === shardId)
      return mapping?.caughtUp === true && this.#parentsAreThrough(stream, mapping.shard)
    })
  }

  /** What the world does by itself: records come, streams are resharded, ticks come. */
  #change(): boolean {
    const random = this.#random
    const { records, burst } = this.#scenario
    if (this.sent.length < records) {
      if (random.chance(0.08)) {
        do this.#produce()
        while (this.sent.length < records && random.chance(burst))
        return true
      }
      if (this.#reshards > 0 && random.chance(0.02)) return this.#reshard()
      if (random.chance(0.005)) return this.#tick()
    } else if (random.chance(0.002) && this.scheduler.faults > 0) return this.#tick()
    return false
  }

  #produce(): void {
    const random = this.#random
    const now = this.#clock.now()
    const again = this.#scenario.pipeline === 'deduped' && random.chance(0.2) ? this.sent.at(-1) : undefined
    const reading = again ?? {
      key: `k${random.between(0, 9)}`,
      at: now - random.between(0, DISORDER),
      n: this.sent.length,
    }
    const data = Buffer.from(`${reading.key} ${reading.at} ${reading.n}`)
    this.sent.push(reading)
    const place = this.#streams[0]?.put({ partitionKey: reading.key, data }, now)
    this.scheduler.note(() => `record ${reading.n} into ${place?.shardId}`)
  }

  #reshard(): boolean {
    const stream = this.#random.pick(this.#streams)
    const what = stream.reshard(this.#random, MOST_SHARDS)
    if (what === undefined) return false
    this.#reshards--
    this.#follow()
    this.scheduler.note(() => `reshard of ${stream.name}: ${what}`)
    this.scheduler.events.add(
      `reshard: ${what.split(' ', 1)[0]} of ${stream === this.#streams[0] ? 'source' : 'exchange'}`,
    )
    return true
  }

  /** Every shard has a mapping. */
  #follow(): void {
    for (const stream of this.#streams) {
      for (const shard of stream.shards) {
        if (this.#mappings.some((each) => each.shard === shard)) continue
        this.#mappings.push(new ShardMapping(stream, shard, this.#random, this.#scenario.profile.batchSize))
      }
    }
  }

  #tick(): boolean {
    this.scheduler.events.add('a tick')
    this.#start(undefined, [0, 0], this.#random.pick(this.#sandboxes), scheduledEvent(this.#clock.now()))
    return true
  }

  /** The source's streams are at their ends: a tick with the final watermark for each open shard. */
  #end(): void {
    const [mapping] = this.#toEnd()
    if (mapping === undefined || mapping.inFlight !== undefined) return
    const { stream, shard, done } = mapping
    const tick = { millrace: { stream: stream.name, shardId: shard.shardId, watermark: END_OF_TIME } }
    mapping.inFlight = this.#start(mapping, [done, done], this.#random.pick(this.#sandboxes), tick)
  }

  #strike(): boolean {
    const { scheduler } = this
    const random = this.#random
    const mapping = random.pick(this.#mappings)
    if (this.#isCalm(mapping) || !scheduler.takeFault(1)) return false
    const { inFlight } = mapping
    const hasRoom =
      this.#invocations.filter((each) => each.shard === this.#mappings.indexOf(mapping)).length < MOST_AT_ONCE
    switch (random.between(0, 4)) {
      case 0:
        if (inFlight === undefined || inFlight.from === inFlight.to || !hasRoom) return false
        scheduler.events.add('delivered twice')
        this.#deliver(mapping, [inFlight.from, inFlight.to], random.pick(this.#sandboxes))
        return true
      case 1:
        if (mapping.done === 0 || !hasRoom) return false
        scheduler.events.add('delivered again')
        this.#deliver(mapping, mapping.again(), random.pick(this.#sandboxes))
        return true
      case 2:
        if (inFlight === undefined || !hasRoom) return false
        scheduler.events.add('timed out')
        inFlight.abandoned = true
        for (const operation of scheduler.pending) {
          if (operation.invocation === inFlight && random.chance(0.7)) {
            operation.wakeAt = scheduler.step + random.between(10, 300)
          }
        }
        mapping.failed()
        return true
      case 3:
        this.#retire(random.pick(this.#sandboxes))
        return true
      default: {
        const sandbox = random.pick(this.#sandboxes)
        if (!sandbox.mayCrash()) return false
        scheduler.note(() => `b${sandbox.id} is killed`)
        scheduler.events.add('sandbox killed')
        scheduler.crash(sandbox)
        this.#retire(sandbox)
        return true
      }
    }
  }

  #retire(sandbox: SimSandbox): void {
    this.#sandboxes = this.#sandboxes.filter((each) => each !== sandbox)
    if (this.#sandboxes.length < this.#scenario.profile.sandboxes) this.#newSandbox()
  }

  #newSandbox(): void {
    const handler = lambda(this.staged.make())
    handler.connect(this.#environment)
    const sandbox: SimSandbox = {
      id: this.#ids++,
      handler,
      dead: false,
      mayCrash: () => !this.#invocations.some((each) => each.sandbox === sandbox && each.calm()),
    }
    this.#sandboxes.push(sandbox)
  }

  #deliver(mapping: ShardMapping, range: readonly [number, number], sandbox: SimSandbox): Invocation {
    return this.#start(mapping, range, sandbox, mapping.event(range))
  }

  #start(
    mapping: ShardMapping | undefined,
    [from, to]: readonly [number, number],
    sandbox: SimSandbox,
    event: BatchEvent | ScheduledEvent,
  ): Invocation {
    const id = this.#ids++
    const label = `b${sandbox.id}.i${id}`
    const invocation: Invocation = {
      id,
      label,
      sandbox,
      shard: mapping === undefined ? -1 : this.#mappings.indexOf(mapping),
      from,
      to,
      deadline: this.#clock.now() + this.#scenario.profile.timeout,
      answer: undefined,
      abandoned: false,
      attempt: 'none',
      pace: 'usual',
      refused: new Set(),
      repeated: new Map(),
      priority: this.#random.next(),
      calm: () => mapping !== undefined && this.#isCalm(mapping),
    }
    this.#invocations.push(invocation)
    const what =
      mapping &&
      `${from === to ? 'the last tick' : `${from}-${to - 1}`} of ${mapping.stream.name} ${mapping.shard.number}`
    this.scheduler.note(() => `${label} gets ${what ?? 'a tick'}`)
    invoke(invocation, event, () => this.#clock.now())
    return invocation
  }

  #isCalm({ stream, shard }: ShardMapping): boolean {
    return this.#ledger.isHot(stream.name, shard.shardId)
  }

  /** What can happen now. In a calm shard one invocation runs at a time, the oldest that can. */
  #ready(): Operation[] {
    const { pending, step } = this.scheduler
    const first = new Map<number, Invocation | undefined>()
    const isHeld = ({ invocation }: Operation): boolean => {
      const { shard, sandbox } = invocation
      if (sandbox.dead || !invocation.calm()) return false
      if (!first.has(shard)) {
        const withCalls = (each: Invocation): boolean =>
          each.shard === shard && pending.some((operation) => operation.invocation === each)
        first.set(shard, this.#invocations.find(withCalls))
      }
      return first.get(shard) !== invocation
    }
    return pending.filter((operation) => {
      if (operation.invocation.calm()) operation.wakeAt = 0
      return operation.wakeAt <= step && !isHeld(operation)
    })
  }

  #pick(ready: readonly Operation[]): Operation {
    if (!this.#scenario.profile.bursts) return this.#random.pick(ready)
    const best = ready.reduce((a, b) => (b.invocation.priority > a.invocation.priority ? b : a))
    if (this.#random.chance(0.05)) best.invocation.priority = this.#random.next()
    return best
  }

  /** Ends the processes of invocations that are past their deadline. */
  #passTime(): void {
    this.#clock.step()
    for (const { deadline, sandbox } of this.#invocations) {
      if (deadline > this.#clock.now() || sandbox.dead || !sandbox.mayCrash()) continue
      this.scheduler.events.add('past the deadline')
      this.scheduler.crash(sandbox)
    }
  }

  /** Tells the mappings of what has ended. */
  #reap(): void {
    const ended = this.#invocations.filter((invocation) => !isLive(invocation))
    if (ended.length === 0) return
    this.#invocations = this.#invocations.filter(isLive)
    this.#sandboxes = this.#sandboxes.filter(({ dead }) => !dead)
    while (this.#sandboxes.length < this.#scenario.profile.sandboxes) this.#newSandbox()
    for (const invocation of ended) {
      const { answer, label, shard, from, to } = invocation
      const how =
        answer?.kind === 'failed' ? answer.error : (answer?.firstFailed ?? answer?.kind ?? 'crashed')
      this.scheduler.note(() => `${label} ends: ${how}`)
      const mapping = this.#mappings[shard]
      if (mapping?.inFlight !== invocation) continue
      if (answer?.kind !== 'done') mapping.failed()
      else if (from === to) this.#endedWith(mapping)
      else mapping.succeeded(answer.firstFailed)
    }
  }

  #endedWith(mapping: ShardMapping): void {
    const { stream, shard } = mapping
    mapping.inFlight = undefined
    if (this.#ledger.head(stream.name, shard.shardId)?.watermark === END_OF_TIME)
      this.#ended.add(shard.shardId)
  }
}
