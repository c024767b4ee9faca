/** Thrown through the operators when an element failed for a reason that a later attempt can cure (R16). */
export class Interruption extends Error {
  /** place in the batch of the record to deliver again */
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a record failed for now', { cause })
    this.index = index
  }
}
