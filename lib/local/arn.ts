/** The Region and the account that local ARNs name. */
export const REGION = 'us-east-1'
export const ACCOUNT = '000000000000'

/** The ARN of a local stream. */
export const streamArn = (stream: string): string => `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${stream}`

/** The ARN of a local function. */
export const functionArn = (functionName: string): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`

/** The ARN of a local schedule. */
export const ruleArn = (rule: string): string => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${rule}`

/** The role that local functions seem to run under. */
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/millrace-local`
