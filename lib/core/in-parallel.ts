/**
 * Does `work` for every item, at most `limit` at a time, started in the items' order.
 * @returns the results, in that order
 * @throws the first failure, once what was under way has ended; nothing is started after it
 */
export async function inParallel<A, B>(
  items: readonly A[],
  limit: number,
  work: (item: A) => Promise<B>,
): Promise<B[]> {
  const results: B[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      try {
        results[index] = await work(items[index] as A)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane))
  for (const each of lanes) if (each.status === 'rejected') throw each.reason
  return results
}
