import type { Receiver } from '../core/graph.ts'

/** A receiver for an operator without state: time passes through it to `output`. */
export const receiver = <A>(output: Receiver<unknown>, push: (value: A) => void): Receiver<A> => ({
  push,
  advance: (watermark) => output.advance(watermark),
  restore: (watermark) => output.restore(watermark),
})
