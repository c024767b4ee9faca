import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { bundle, bundledBytes, unbundle } from '../../lib/state/bundle.ts'

it('a bundle gives back the segments it was made of, and takes the bytes told before', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.nat(9), (segments, offset) => {
      const bytes = bundle(segments)
      expect(bytes.length).toBe(segments.reduce((sum, { length }) => sum + bundledBytes(length), 0))
      // As stores hand it out: a view into a larger buffer.
      const view = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset)
      expect(unbundle(view).map((each) => Uint8Array.from(each))).toEqual(segments)
    }),
  )
})
