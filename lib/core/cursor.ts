/**
 * Where a task is: the record in hand and what is known of the element made of it. One mutable object
 * per task, so that an element costs no allocation of its own.
 */
export interface Cursor {
  /** place of the record in its batch; -1 outside of one (a tick) */
  index: number
  /** the record's sequence number: a decimal string of up to 129 digits */
  sequenceNumber: string
  /** place of the element's record inside an aggregated record; 0 otherwise */
  subSequence: number
  /** epoch ms at which the source received the record: the processing time that operators see */
  arrival: number
  /** id of the dead letter that was sent again as this record (protocol R11); absent for all others */
  redrive?: string
  /** the element's key: its record's partition key until a keyed operator gives another */
  key: string
  /** the element, where an exchange brought it with many others in one record; `undefined` behind the last */
  element?: { readonly value: unknown } | undefined
  /** the element's event time, epoch ms */
  eventTime: number
}
