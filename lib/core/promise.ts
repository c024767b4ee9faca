/** Whether a value is a promise (or another thenable), without a microtask for those that are not. */
export const isPromise = <A>(value: A | Promise<A>): value is Promise<A> =>
  typeof (value as Promise<A> | undefined | null)?.then === 'function'
