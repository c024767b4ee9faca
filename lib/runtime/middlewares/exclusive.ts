import { batchOf, type Step, type StepRequest } from './step.ts'

/**
 * One invocation at a time per task in a process: some Lambda environments run several at once (protocol
 * R9). One that ends in an error leaves no memory behind: it may not be what the log says.
 */
export const exclusive = (): Step => {
  const leave = new WeakMap<StepRequest, () => void>()
  return {
    name: 'exclusive',
    before: async (request) => {
      leave.set(request, await batchOf(request).task.enter())
    },
    after: (request) => {
      leave.get(request)?.()
    },
    onError: (request) => {
      const { batch } = request.internal
      if (batch?.task.log !== undefined) batch.task.memory = undefined
      leave.get(request)?.()
    },
  }
}
