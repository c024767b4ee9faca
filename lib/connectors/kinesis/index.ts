export { KinesisShardAccess, type KinesisShardAccessOptions } from './shard-access.ts'
export { type KinesisSourceOptions, source } from './source.ts'
