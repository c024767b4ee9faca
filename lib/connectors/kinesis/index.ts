export { type KinesisSourceOptions, source } from './source.ts'
