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
  const hex = sequenceHex(order.sequenceNumber)
  const length = hex.length / 2
  const bytes = Buffer.alloc(8 + 4 + 1 + length + 12)
  bytes.writeBigUInt64BE(BigInt(order.generation), 0)
  bytes.writeUInt32BE(order.epoch, 8)
  bytes.writeUInt8(length, 12)
  bytes.write(hex, 13, 'hex')
  bytes.writeUInt32BE(order.subSequence, 13 + length)
  bytes.writeUInt32BE(order.tick, 17 + length)
  bytes.writeUInt32BE(order.output, 21 + length)
  return bytes
}

let lastSequenceNumber = ''
let lastHex = ''

/** One record often causes many outputs: the last conversion is kept. */
function sequenceHex(sequenceNumber: string): string {
  if (sequenceNumber !== lastSequenceNumber) {
    const hex = sequenceNumber === '' ? '' : BigInt(sequenceNumber).toString(16)
    lastHex = hex.length % 2 === 0 ? hex : `0${hex}`
    lastSequenceNumber = sequenceNumber
  }
  return lastHex
}

/** Sinks of one pipeline: 8 bits of the order. */
export const MAX_SINKS = 255

/** Outputs of one record for one sink: 24 bits of the order. */
export const MAX_OUTPUTS = 0xff_ff_ff
