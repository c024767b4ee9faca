/**
 * Puts an item into a sorted list that holds at most `limit`, behind those that are equal to it; what is then
 * too many falls out at the end.
 * @param compare below zero if the first comes before the second
 */
export function insertInto<T>(
  list: T[],
  item: T,
  compare: (a: T, b: T) => number,
  limit = Number.POSITIVE_INFINITY,
): void {
  let low = 0
  let high = list.length
  // Most come in order already.
  const last = list[high - 1]
  if (last === undefined || compare(last, item) <= 0) low = high
  while (low < high) {
    const middle = (low + high) >>> 1
    const known = list[middle]
    if (known !== undefined && compare(known, item) <= 0) low = middle + 1
    else high = middle
  }
  if (low >= limit) return
  list.splice(low, 0, item)
  if (list.length > limit) list.length = limit
}
