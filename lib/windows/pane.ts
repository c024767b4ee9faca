/** One firing of one window of one key. */
export interface Pane {
  /** 0 for the first pane of its window and key, then 1, 2, … */
  readonly index: number
  /** `early` before the close, `onTime` when the watermark closed the window, `late` for an update after it */
  readonly timing: 'early' | 'onTime' | 'late'
  /** The same for the same operator, window, key and index, however often it is made. */
  readonly id: string
  /** Set if it takes back the pane of this index: its value is what that pane had. */
  readonly retraction?: true
}

/** What a window operator makes: the result for one key over `[start, end)`, epoch ms. */
export interface Windowed<Key extends string, Result> {
  readonly key: Key
  readonly start: number
  readonly end: number
  readonly value: Result
  readonly pane: Pane
}

/** What goes to the `late` output: an element that all its windows refused. Times in epoch ms. */
export interface Late<A> {
  readonly value: A
  readonly key: string
  readonly eventTime: number
  readonly watermark: number
}
