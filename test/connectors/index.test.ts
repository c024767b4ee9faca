import { expect, test } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'

test('a connector gives its source or its sink, and nothing of its inside', () => {
  expect(Object.keys(kinesis)).toEqual(['source'])
  expect(Object.keys(dynamodb)).toEqual(['sink'])
})
