/** Segments one after the other as they are, each behind its length (4 bytes): one blob to read instead of many. */
export function bundle(segments: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(segments.flatMap((segment) => [lengthOf(segment), segment]))
}

/** The segments of a bundle, oldest first. */
export function unbundle(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const segments: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at + LENGTH_BYTES
    at = start + view.getUint32(at)
    segments.push(bytes.subarray(start, at))
  }
  return segments
}

/** What a segment of so many bytes takes in a bundle. */
export const bundledBytes = (bytes: number): number => LENGTH_BYTES + bytes

const LENGTH_BYTES = 4

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(LENGTH_BYTES)
  bytes.writeUInt32BE(length)
  return bytes
}
