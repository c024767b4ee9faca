export { type DynamoDBSinkOptions, sink } from './sink.ts'
