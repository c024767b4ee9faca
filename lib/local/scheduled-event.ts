import { randomUUID } from 'node:crypto'
import type { ScheduledEvent } from 'aws-lambda'
import { ACCOUNT, REGION, ruleArn } from './arn.ts'

/**
 * What a function gets from an EventBridge schedule, as
 * https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html shows it.
 * @param time epoch ms
 */
export const scheduledEvent = (time: number): ScheduledEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: ACCOUNT,
  time: new Date(time).toISOString(),
  region: REGION,
  resources: [ruleArn('tick')],
  detail: {},
})
