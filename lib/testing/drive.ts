import type { DeadLetter } from '../core/dead-letter.ts'
import { type Duration, milliseconds } from '../core/duration.ts'
import type { SourceNode } from '../core/graph.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { lambdaContext } from '../local/lambda-context.ts'
import type { PutRecord } from '../local/put-plan.ts'
import { scheduledEvent } from '../local/scheduled-event.ts'
import { lambda, type StreamHandler } from '../runtime/handler.ts'
import { plansOf } from '../runtime/plan.ts'
import type { BatchReport } from '../runtime/report.ts'
import { DrivenStream, type Reshard } from './driven-stream.ts'
import { MemoryEnvironment } from './memory-environment.ts'
import type { Item } from './memory-table.ts'
import type { RawRecord } from './shard-feed.ts'
import { VirtualClock } from './virtual-clock.ts'

/** The watermark of the end of a finite stream: everything closes. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER

/** The default of the deployed function's schedule. */
const TICK_MS = 60_000

const FUNCTION_TIMEOUT_MS = 30_000

/** What a Kinesis stream can be set to take. */
const LARGEST_RECORD_BYTES = 10 * 1_048_576

export interface DriveOptions {
  /** Shards of each source; one that declares `shards: 1` has no more. @default 1 */
  readonly shards?: number
  /** Shards of each exchange. @default as many as of a source */
  readonly exchangeShards?: number
  /** Records a batch. @default the source's own */
  readonly batchSize?: number
  /** The partition key that the producer gives a value. @default '-' for all */
  readonly key?: (value: never) => string
}

export interface RawOptions {
  /** The stream to put it into. @default the pipeline's first */
  readonly stream?: string
  /** @default '-' */
  readonly partitionKey?: string
  /** Epoch ms. @default the clock's time */
  readonly arrival?: number
}

/**
 * Runs a pipeline in memory, through the handler that Lambda gets: same events, same steps, only stores
 * and sinks are in memory and the clock is virtual. Calls can be chained; what is asked for is awaited:
 * `await drive(handler.pipeline).send({ … }).advance('6m').output()`.
 */
export const drive = (pipeline: Pipeline, options: DriveOptions = {}): Drive => new Drive(pipeline, options)

/** Frames that a batch of an exchange's stream has at most. */
const EXCHANGE_BATCH = 100

/** A pipeline under test. */
export class Drive {
  readonly #pipeline: Pipeline
  readonly #clock = new VirtualClock()
  readonly #environment = new MemoryEnvironment(this.#clock)
  readonly #streams = this.#environment.streams
  /** of the sources and the exchanges, in the order of the data */
  readonly #inputs: readonly DrivenStream[]
  readonly #key: (value: never) => string
  #handler: StreamHandler
  #last: Promise<void> = Promise.resolve()

  constructor(pipeline: Pipeline, options: DriveOptions) {
    const { shards = 1, exchangeShards = shards, batchSize, key = () => '-' } = options
    if (pipeline.sources.some((source) => shards > (source.shards ?? shards))) {
      throw new RangeError(
        `the source of pipeline '${pipeline.name}' declares 'shards: 1', and the test asks for ${shards}: leave one of them out`,
      )
    }
    this.#pipeline = pipeline
    this.#inputs = plansOf(pipeline).flatMap(({ sources, from }) => [
      ...sources.map((source) => {
        this.#streams.create(source.stream, { shards, maxRecordBytes: LARGEST_RECORD_BYTES })
        return new DrivenStream(this.#streams, source.stream, batchSize ?? source.batch.size, source)
      }),
      ...(from === undefined ? [] : [this.#exchange(from.stream, exchangeShards, batchSize)]),
    ])
    this.#key = key
    this.#handler = this.#newHandler()
  }

  /**
   * Puts values into the pipeline's first stream, encoded by its source's codec, and delivers them. Time goes
   * on to the latest event time among them, if it is not there yet: what has happened arrives when it happens,
   * or later.
   */
  send(...values: readonly unknown[]): this {
    return this.sendTo(this.#pipeline.sources[0].stream, ...values)
  }

  /** The same with the stream of a certain source. */
  sendTo(stream: string, ...values: readonly unknown[]): this {
    return this.#then(async () => {
      const { name, source } = this.#input(stream)
      if (source === undefined) throw new RangeError(`only the pipeline itself puts into '${name}'`)
      const records: PutRecord[] = []
      for (const value of values) records.push(await this.#encode(source, value))
      this.#streams.put(stream, records)
      await this.#deliver()
    })
  }

  /** Puts a record as it is: for bytes that no codec would write, or a partition key and arrival of one's own. */
  sendRaw(data: string | Uint8Array, { partitionKey = '-', arrival, stream }: RawOptions = {}): this {
    return this.#then(async () => {
      const record = { data: Buffer.from(data), partitionKey, arrival: arrival ?? this.#clock.now() }
      this.#streams.put(this.#input(stream).name, [record])
      await this.#deliver()
    })
  }

  /**
   * Puts records as they are, each with its partition key and arrival, and delivers them: the clock stands still.
   * @param stream default: the pipeline's first
   */
  sendRecords(records: Iterable<RawRecord>, stream?: string): this {
    return this.#then(async () => {
      this.#streams.put(this.#input(stream).name, [...records])
      await this.#deliver()
    })
  }

  /**
   * Moves the clock on, in silence: at each full minute comes a tick, as from the schedule of the deployed
   * function, and windows close as they would there.
   */
  advance(duration: Duration): this {
    return this.#then(async () => {
      const end = this.#clock.now() + milliseconds(duration)
      let next = Math.floor(this.#clock.now() / TICK_MS + 1) * TICK_MS
      for (; next <= end; next += TICK_MS) {
        await this.#clock.advance(next - this.#clock.now())
        if (!(await this.#tick())) break
      }
      await this.#clock.advance(end - this.#clock.now())
    })
  }

  /** Delivers the newest records of each shard again: nothing may change. @param records default: a batch of them */
  redeliver(records?: number): this {
    return this.#then(async () => {
      for (const input of this.#inputs) await input.redeliver(this.#handler, records)
    })
  }

  /**
   * Splits a shard, or merges two whose hash keys touch; shards are numbered as they come to be.
   * @param stream default: the pipeline's first; an exchange's is `<pipeline>.<name of its stage>`
   */
  reshard(change: Reshard, stream?: string): this {
    return this.#then(async () => this.#input(stream).reshard(change))
  }

  /** Goes on in a new sandbox, which knows only what is in the store. */
  restart(): this {
    return this.#then(async () => {
      this.#handler = this.#newHandler()
    })
  }

  /** Ends the streams: every window closes. */
  end(): this {
    return this.#then(async () => {
      for (const input of this.#inputs) {
        if (input.source !== undefined) await input.tick(this.#handler, END_OF_TIME)
        else await input.deliver(this.#handler)
      }
    })
  }

  /** The items of a sink's table, by key. @param table default: the table of the first sink that is no `late` one */
  async output(table?: string): Promise<readonly Item[]> {
    await this.#last
    const targets = this.#pipeline.sinks.map(({ target }) => target)
    const target = table === undefined ? targets[0] : targets.find((each) => each.table === table)
    if (target !== undefined) return this.#environment.openSink(target).items()
    throw new RangeError(
      `pipeline '${this.#pipeline.name}' writes no table '${table}': expected one of ${targets.map((each) => each.table).join(', ')}`,
    )
  }

  /** The dead letters, each once. */
  async deadLetters(): Promise<readonly DeadLetter[]> {
    await this.#last
    return this.#environment.letters()
  }

  /** What each batch did. */
  async reports(): Promise<readonly BatchReport[]> {
    await this.#last
    return this.#environment.reports
  }

  /** @returns whether a further one may change something */
  async #tick(): Promise<boolean> {
    const { reports } = this.#environment
    const before = reports.length
    const context = lambdaContext(this.#pipeline.name, FUNCTION_TIMEOUT_MS, () => this.#clock.now())
    await this.#handler(scheduledEvent(this.#clock.now()), context)
    await this.#deliver()
    return reports.length > before
  }

  #input(stream?: string): DrivenStream {
    const input = stream === undefined ? this.#inputs[0] : this.#inputs.find(({ name }) => name === stream)
    if (input !== undefined) return input
    throw new RangeError(
      `pipeline '${this.#pipeline.name}' reads no stream '${stream}': expected one of ${this.#inputs.map(({ name }) => name).join(', ')}`,
    )
  }

  #exchange(stream: string, shards: number, batchSize = EXCHANGE_BATCH): DrivenStream {
    this.#streams.create(stream, { shards })
    return new DrivenStream(this.#streams, stream, batchSize)
  }

  /** A value as a record that arrives now. */
  async #encode({ codec, eventTime }: SourceNode, value: unknown): Promise<PutRecord> {
    const data = codec.encode?.(value) ?? Buffer.from(JSON.stringify(value))
    try {
      const time = eventTime?.((await codec.decode(data)) as never)
      // A clock shows whole ms.
      const ahead = time === undefined ? 0 : Math.ceil(Number(time)) - this.#clock.now()
      if (ahead > 0 && Number.isFinite(ahead)) await this.#clock.advance(ahead)
    } catch {
      // Not this driver's business: the pipeline will make it a dead letter.
    }
    return { data, partitionKey: this.#key(value as never), arrival: this.#clock.now() }
  }

  #then(step: () => Promise<void>): this {
    this.#last = this.#last.then(step)
    // A failure is told by what is awaited, not as an unhandled rejection.
    this.#last.catch(() => {})
    return this
  }

  async #deliver(): Promise<void> {
    for (const input of this.#inputs) await input.deliver(this.#handler)
  }

  #newHandler(): StreamHandler {
    const handler = lambda(this.#pipeline)
    handler.connect(this.#environment)
    return handler
  }
}
