/** One invocation of a function by a mapping, for `onBatch`: logs, progress, measurements. */
export interface BatchReport {
  readonly functionName: string
  readonly stream: string
  readonly shardId: string
  readonly firstSequenceNumber: string
  readonly lastSequenceNumber: string
  /** Records delivered. */
  readonly records: number
  /** How many of them, from the first on, are done. */
  readonly done: number
  /** 1 for the first delivery of these records. */
  readonly attempt: number
  /** Milliseconds of the mapping's clock that the invocation took. */
  readonly duration: number
  /** What the function threw, or what was wrong with its answer. */
  readonly error?: unknown
}
