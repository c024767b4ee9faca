import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { HashRange } from '../../lib/core/shards.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'

const lib = (path: string): string => new URL(`../../lib/${path}`, import.meta.url).pathname

const replaced: string[] = []

/** Replaces exports of a module for all that is imported from now on. */
function replace<Module extends object>(path: string, change: (actual: Module) => Partial<Module>): void {
  replaced.push(lib(path))
  vi.doMock(lib(path), async () => {
    const actual = await vi.importActual<Module>(lib(path))
    return { ...actual, ...change(actual) }
  })
}

type ProducersModule = typeof import('../../lib/runtime/producers.ts')
type SenderModule = typeof import('../../lib/runtime/exchange-sender.ts')
type WriterModule = typeof import('../../lib/runtime/exchange-writer.ts')
type StateModule = typeof import('../../lib/runtime/inherited-state.ts')

/** Each switches a rule of the protocol off, by its number. */
const MUTANTS: Readonly<Record<string, () => void>> = {
  'R23: a frame is put at the lowest hash key of its range only': () =>
    replace<WriterModule>('runtime/exchange-writer.ts', ({ ExchangeWriter }) => ({
      ExchangeWriter: class extends ExchangeWriter {
        override write(records: readonly SinkRecord[]) {
          // A range of one key is covered by whatever shard takes it.
          return super.write(
            records.map((record) => {
              const payload = record.payload as { start: string; end: string }
              return { ...record, id: record.id, payload: { ...payload, end: payload.start } }
            }),
          )
        }
      },
    })),
  'R24: elements outside of the own range are taken as well': () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        override fresh(...[frame]: Parameters<InstanceType<typeof Producers>['fresh']>) {
          return super.fresh(frame).length > 0 ? [frame.range] : []
        }
      },
    })),
  'R24: what was done is taken again': () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        override fresh(
          ...[frame]: Parameters<InstanceType<typeof Producers>['fresh']>
        ): readonly HashRange[] {
          super.fresh(frame)
          return [frame.range]
        }
      },
    })),
  'R25: a receiver does not know which producers there are': () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        override expect(): void {}
      },
    })),
  "R25: the watermark is the largest of the producers'": () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        #largest: number | undefined
        override done(...[frame, ranges]: Parameters<InstanceType<typeof Producers>['done']>): void {
          super.done(frame, ranges)
          this.#largest = Math.max(this.#largest ?? frame.watermark, frame.watermark)
        }
        override watermark(): number | undefined {
          return this.#largest
        }
      },
    })),
  'R26: a watermark goes only where elements go': () =>
    replace<SenderModule>('runtime/exchange-sender.ts', ({ ExchangeSender }) => ({
      ExchangeSender: class extends ExchangeSender {
        #sent = 0
        override push(value: unknown): void {
          this.#sent++
          super.push(value)
        }
        override ship(...[shipment]: Parameters<InstanceType<typeof ExchangeSender>['ship']>) {
          const sent = this.#sent
          this.#sent = 0
          return sent === 0 && shipment.children === undefined ? [] : super.ship(shipment)
        }
      },
    })),
  'R28: a child does not wait for its parents to be sealed, and begins empty': () =>
    replace<StateModule>('runtime/inherited-state.ts', () => ({ inheritedState: () => [] })),
  'R29: both children inherit all of the state': () =>
    replace<StateModule>('runtime/inherited-state.ts', ({ inheritedState }) => ({
      inheritedState: (plan, estates, range) =>
        inheritedState({ ...plan, shared: plan.labels }, estates, range),
    })),
  "R30: a child takes one parent's marks for its whole range": () =>
    replace<StateModule>('runtime/inherited-state.ts', ({ inheritedState }) => ({
      inheritedState: (plan, estates, range) => {
        const [first, ...others] = estates
        if (plan.from === undefined || first === undefined) return inheritedState(plan, estates, range)
        const name = plan.from.state
        const strip = others.map((estate) => ({
          ...estate,
          state: estate.state.filter(([each]) => each !== name),
        }))
        return inheritedState(plan, [first, ...strip], range)
      },
    })),
  'R32: a seal does not take its task out of the minimum': () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        override done(...[frame, ranges]: Parameters<InstanceType<typeof Producers>['done']>): void {
          const { children, ...unsealed } = frame
          super.done(unsealed, ranges)
        }
      },
    })),
  'R32: the children of a sealed task are not waited for': () =>
    replace<ProducersModule>('runtime/producers.ts', ({ Producers }) => ({
      Producers: class extends Producers {
        override done(...[frame, ranges]: Parameters<InstanceType<typeof Producers>['done']>): void {
          super.done(frame.children === undefined ? frame : { ...frame, children: [] }, ranges)
        }
      },
    })),
}

afterEach(() => {
  for (const path of replaced.splice(0)) vi.doUnmock(path)
  vi.resetModules()
})

async function check(numRuns: number) {
  vi.resetModules()
  const { expectStraight, scenario } = await import('./exchange.ts')
  return fc.check(fc.asyncProperty(scenario, expectStraight), { numRuns, endOnFailure: true, seed: 7 })
}

test.each(Object.entries(MUTANTS))(
  'a mutant is caught: %s',
  async (_, switchOff) => {
    switchOff()
    expect(await check(300)).toMatchObject({ failed: true })
  },
  120_000,
)
