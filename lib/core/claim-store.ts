/** What is known of an effect: who did it, or has begun to. Times in epoch ms. */
export interface Claim {
  /** the idempotency key, with the pipeline's and the operator's name before it */
  readonly key: string
  /** the attempt that wrote it: a unique name */
  readonly owner: string
  /**
   * `running` until `until`, from then on nobody knows; `done`; `failed` for good, with the error;
   * `unknown`: given up, because nobody knows whether it happened
   */
  readonly state: 'running' | 'done' | 'failed' | 'unknown'
  /** when the invocation of a running effect is over */
  readonly until: number
  /** from when on the claim counts as absent, deleted or not */
  readonly expires: number
  /** id of the dead letter that was sent again for this attempt; '' for the first attempt */
  readonly redrive: string
  /** why it failed */
  readonly failure?: Failure
}

/** An error as plain data. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

/**
 * Where claims on effects live (protocol R15): beside the log, since an effect happens before its batch is
 * committed. What is read and written at once is one claim.
 */
export interface ClaimStore {
  /**
   * Writes the claim if there is none of its key, an expired one, or one whose owner is `instead`. A claim
   * that is found to be this very owner's counts as written: an answer was lost.
   * @param now epoch ms, to tell what has expired
   * @returns the claim that is there instead, or undefined if this one is written
   */
  put(claim: Claim, now: number, instead?: string): Promise<Claim | undefined>
  /** Deletes the claim if it is still this owner's. */
  remove(key: string, owner: string): Promise<void>
}
