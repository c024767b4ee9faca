export type { PipelineMetric } from './constructs/pipeline-metrics.ts'
export { PipelineStage, type PipelineStageProps } from './constructs/pipeline-stage.ts'
export { PipelineState, type PipelineStateProps } from './constructs/pipeline-state.ts'
export type { Protection } from './constructs/protection.ts'
export { SinkTables, type SinkTablesProps } from './constructs/sink-tables.ts'
export { SourceStreams, type SourceStreamsProps } from './constructs/source-streams.ts'
export { StreamPipeline, type StreamPipelineProps } from './constructs/stream-pipeline.ts'
export { StreamPipelineGrants } from './constructs/stream-pipeline-grants.ts'
export { type FunctionFile, functionFiles } from './function-files.ts'
export type {
  AlarmThresholds,
  EnvironmentSettings,
  PipelineSettings,
  StreamSettings,
  TableSettings,
} from './settings.ts'
export { PipelinesStack, type PipelinesStackProps } from './stacks/pipelines-stack.ts'
