/** What the thread of a `WorkerSandbox` is started with. */
export interface WorkerStart {
  readonly functionName: string
  /** File URL of the bundle. */
  readonly bundle: string
  readonly handlerExport: string
  /** milliseconds */
  readonly timeout: number
  readonly setup: WorkerSetup | undefined
}

/** A module whose export `setup(handler, data)` is called in the worker before its first event. */
export interface WorkerSetup {
  /** A file URL. */
  readonly module: string
  /** Anything that can be cloned to a worker. */
  readonly data: unknown
}

/** One invocation: the event as JSON. */
export interface WorkerRequest {
  readonly event: string
}

/** Its answer: JSON (undefined where the handler returned undefined), or the error as Lambda writes it. */
export type WorkerAnswer =
  | { readonly kind: 'answer'; readonly json: string | undefined }
  | {
      readonly kind: 'load' | 'handler'
      readonly errorType: string
      readonly errorMessage: string
      readonly trace: string | undefined
    }
