export { json } from './codecs/json.ts'
export type { Claim, ClaimStore, Failure } from './core/claim-store.ts'
export type { Codec } from './core/codec.ts'
export type { DeadLetter } from './core/dead-letter.ts'
export type { Duration } from './core/duration.ts'
export {
  ConfigurationError,
  InvalidOutputError,
  InvalidRecordError,
  LateRecordError,
  MillraceError,
  ProcessKilledError,
  RetryableError,
  StateFormatError,
  StateMismatchError,
  TornLoadError,
  UnknownOutcomeError,
} from './core/errors.ts'
export { pipe } from './core/pipe.ts'
export { type Pipeline, pipeline } from './core/pipeline.ts'
export type { Place } from './core/place.ts'
export type { KeyedStream, Sink, Stream } from './core/stream.ts'
export { branch } from './operators/branch.ts'
export { type DedupeOptions, dedupe } from './operators/dedupe.ts'
export { type EffectCall, type EffectOptions, effect } from './operators/effect.ts'
export type { TimeToLive } from './operators/expiring-state.ts'
export { filter } from './operators/filter.ts'
export { flatMap } from './operators/flat-map.ts'
export { keyBy } from './operators/key-by.ts'
export { type MapOptions, map } from './operators/map.ts'
export { merge } from './operators/merge.ts'
export { type Reduced, type ReduceOptions, reduce } from './operators/reduce.ts'
export { split } from './operators/split.ts'
export { type Ranked, type TopNOptions, topN } from './operators/top-n.ts'
export { type WindowOptions, window } from './operators/window.ts'
export type { Environment } from './runtime/environment.ts'
export { lambda, type StreamHandler } from './runtime/handler.ts'
export type { BatchReport } from './runtime/report.ts'
export type { Aggregate, AggregateWithZero, MergingAggregate } from './windows/aggregate.ts'
export { aggregate } from './windows/aggregates/aggregate.ts'
export {
  type ApproximateCountDistinctOptions,
  approximateCountDistinct,
} from './windows/aggregates/approximate-count-distinct.ts'
export { collect } from './windows/aggregates/collect.ts'
export { count } from './windows/aggregates/count.ts'
export { countDistinct, type Distinct } from './windows/aggregates/count-distinct.ts'
export { first } from './windows/aggregates/first.ts'
export { last } from './windows/aggregates/last.ts'
export { max } from './windows/aggregates/max.ts'
export { mean } from './windows/aggregates/mean.ts'
export { min } from './windows/aggregates/min.ts'
export { type QuantilesOptions, quantiles } from './windows/aggregates/quantiles.ts'
export { sum } from './windows/aggregates/sum.ts'
export { topK } from './windows/aggregates/top-k.ts'
export { standardDeviation, type VarianceOf, variance } from './windows/aggregates/variance.ts'
export { where } from './windows/aggregates/where.ts'
export { counting } from './windows/counting.ts'
export { global } from './windows/global.ts'
export type { Late, Pane, Windowed } from './windows/pane.ts'
export { session } from './windows/session.ts'
export { sliding } from './windows/sliding.ts'
export { type Emit, type Every, every, type PaneMode } from './windows/trigger.ts'
export { type CalendarOptions, type TumblingOptions, tumbling } from './windows/tumbling.ts'
export type { Windows } from './windows/windows.ts'
