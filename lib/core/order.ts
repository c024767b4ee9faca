/**
 * The place of an output among all outputs of its task (protocol R12). It depends on the record that
 * caused the output, never on where a batch was cut. Compared part by part, from left to right.
 */
export interface Order {
  /** when the pipeline's state was created, ms; 0 without a log */
  readonly generation: number
  /** 0 for a task without parents, else 1 + the largest epoch of its parents */
  readonly epoch: number
  readonly sequenceNumber: string
  readonly subSequence: number
  /** 0 for what a record caused, else the number of the tick since that record */
  readonly tick: number
  /** sink in the upper 8 bits, output for that sink in the lower 24 */
  readonly output: number
}

/**
 * The order as bytes that compare, unsigned, as orders do (R13): generation in 8 bytes, epoch in 4, the
 * sequence number as a length byte and minimal big-endian bytes, then three times 4 bytes.
 */
export function orderBytes(order: Order): Buffer {
  const head = headOf(order)
  const bytes = Buffer.allocUnsafe(head.length + 12)
  bytes.set(head)
  bytes.writeUInt32BE(order.subSequence, head.length)
  bytes.writeUInt32BE(order.tick, head.length + 4)
  bytes.writeUInt32BE(order.output, head.length + 8)
  return bytes
}

interface Head extends Pick<Order, 'generation' | 'epoch' | 'sequenceNumber'> {
  readonly bytes: Buffer
}

/** One record often causes many outputs: the last head is kept. */
let last: Head = { generation: -1, epoch: -1, sequenceNumber: '', bytes: Buffer.alloc(0) }

function headOf({ generation, epoch, sequenceNumber }: Order): Buffer {
  if (last.sequenceNumber === sequenceNumber && last.generation === generation && last.epoch === epoch) {
    return last.bytes
  }
  const digits = sequenceNumber === '' ? '' : BigInt(sequenceNumber).toString(16)
  const sequence = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const bytes = Buffer.alloc(13 + sequence.length)
  bytes.writeBigUInt64BE(BigInt(generation), 0)
  bytes.writeUInt32BE(epoch, 8)
  bytes.writeUInt8(sequence.length, 12)
  bytes.set(sequence, 13)
  last = { generation, epoch, sequenceNumber, bytes }
  return bytes
}

/** Sinks of one pipeline: 8 bits of the order. */
export const MAX_SINKS = 255

/** Outputs of one record for one sink: 24 bits of the order. */
export const MAX_OUTPUTS = 0xff_ff_ff
