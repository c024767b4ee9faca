import { batchOf, type Step } from './step.ts'

/**
 * Answers with the first record that was not done: Lambda delivers it and all after it again.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export const respond = (): Step => ({
  name: 'respond',
  after: (request) => {
    const { failedAt, source } = batchOf(request)
    const failures = failedAt === undefined ? [] : [{ itemIdentifier: source.sequenceNumber(failedAt) }]
    request.response = { batchItemFailures: failures }
  },
})
