/** How many records the producer may still put: granted by the consumers as they get through theirs. */
export class Credit {
  #records = 0
  #wake: (() => void) | undefined

  /** Allows `records` more. */
  grant(records: number): void {
    this.#records += records
    if (this.#records > 0) this.#wake?.()
  }

  /** May go below zero by the last put, which is not cut to fit. */
  spend(records: number): void {
    this.#records -= records
  }

  /** Resolves once there is credit, or when `signal` aborts. Never rejects. */
  async available(signal: AbortSignal): Promise<void> {
    if (this.#records > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#wake = undefined
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal.addEventListener('abort', wake)
    })
  }
}
