/**
 * Turns the bytes of a record into a value and back. `decode` throws for bytes it cannot take (the
 * record becomes a dead letter); it may answer with a promise, which is awaited in record order.
 */
export interface Codec<A> {
  readonly name: string
  decode(bytes: Uint8Array): A | Promise<A>
  encode?(value: A): Uint8Array
}
