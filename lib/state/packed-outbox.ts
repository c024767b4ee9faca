import { type Column, columnOf, type Rows, rowsIn, rowsOf, valuesOf } from './columns.ts'
import type { StoredOutbox } from './entry.ts'

/** An outbox as an entry holds it: by columns. */
export interface PackedOutbox {
  readonly sinks: readonly string[]
  readonly causes: PackedCauses
  /** parts of the records */
  readonly sink: Column
  readonly cause: Column
  readonly output: Column
  readonly payload: Rows
}

interface PackedCauses {
  /** sequence numbers: the first one, and how far each is from the one before; or as they are */
  readonly first: string | undefined
  readonly sequenceNumbers: Column
  readonly subSequences: Column
}

export function packOutbox({ sinks, causes, records }: StoredOutbox): PackedOutbox {
  return {
    sinks,
    causes: {
      ...packNumbers(causes.map(([sequenceNumber]) => sequenceNumber)),
      subSequences: columnOf(causes.map(([, subSequence]) => subSequence)),
    },
    sink: columnOf(records.map(({ sink }) => sink)),
    cause: columnOf(records.map(({ cause }, index) => cause - (records[index - 1]?.cause ?? 0))),
    output: columnOf(records.map(({ output }) => output)),
    payload: rowsOf(records.map(({ payload }) => payload)),
  }
}

export function unpackOutbox({ sinks, causes, ...packed }: PackedOutbox): StoredOutbox {
  const subSequences = valuesOf(causes.subSequences) as number[]
  const [sink, output] = [valuesOf(packed.sink), valuesOf(packed.output)] as [number[], number[]]
  let cause = 0
  const steps = valuesOf(packed.cause) as number[]
  const payloads = rowsIn(packed.payload)
  return {
    sinks,
    causes: unpackNumbers(causes).map((sequenceNumber, index) => [sequenceNumber, subSequences[index] ?? 0]),
    records: steps.map((step, index) => {
      cause += step
      return { sink: sink[index] ?? 0, cause, output: output[index] ?? 0, payload: payloads[index] }
    }),
  }
}

const CANONICAL = /^(0|[1-9]\d*)$/

function packNumbers(numbers: readonly string[]): Pick<PackedCauses, 'first' | 'sequenceNumbers'> {
  const [first] = numbers
  if (first === undefined || !numbers.every((each) => CANONICAL.test(each))) {
    return { first: undefined, sequenceNumbers: columnOf(numbers) }
  }
  let before = BigInt(first)
  const steps: number[] = []
  for (const each of numbers) {
    const number = BigInt(each)
    const step = Number(number - before)
    if (!Number.isSafeInteger(step)) return { first: undefined, sequenceNumbers: columnOf(numbers) }
    steps.push(step)
    before = number
  }
  return { first, sequenceNumbers: columnOf(steps) }
}

function unpackNumbers({ first, sequenceNumbers }: PackedCauses): string[] {
  const values = valuesOf(sequenceNumbers)
  if (first === undefined) return values as string[]
  let number = BigInt(first)
  return values.map((step) => {
    number += BigInt(step as number)
    return String(number)
  })
}
