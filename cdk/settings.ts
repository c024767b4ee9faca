import type { Duration } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/** A stream that pipelines read: one that exists, or one to create. */
export type StreamSettings =
  | {
      /** Name of an existing stream in the stack's account and region, or the ARN of one. */
      readonly existing: string
      /** ARN of the customer-managed key that encrypts it. @default none, or AWS's own key */
      readonly encryptionKeyArn?: string
    }
  | {
      /** Number of shards. @default on-demand capacity */
      readonly shardCount?: number
      /** How long records are kept. @default 7 days if protected, else 24 hours */
      readonly retentionPeriod?: Duration
    }

/** A table that sinks write: one that exists, or one to create. */
export type TableSettings =
  | {
      /** Name of an existing table in the stack's account and region, or the ARN of one. */
      readonly existing: string
    }
  | {
      /** Time-to-live attribute. @default none */
      readonly timeToLiveAttribute?: string
    }

/** From where on somebody should look. */
export interface AlarmThresholds {
  /** Age of the oldest record that is not done. @default 15 minutes */
  readonly iteratorAge?: Duration
  /** How far the watermark is behind arrival. @default the source's maxOutOfOrderness and an hour */
  readonly watermarkLag?: Duration
  /** Late records, in percent of all. @default 1 */
  readonly latePercent?: number
  /** Duration of an invocation, in percent of the timeout. @default 80 */
  readonly durationPercent?: number
  /** Commits that another invocation was ahead of, in 5 minutes. @default 10 */
  readonly commitConflicts?: number
}

/** What the functions of a pipeline get. */
export interface PipelineSettings {
  /** MB; CPU grows with it, 1,769 MB is one core. @default 1024 */
  readonly memorySize?: number
  /** @default 1 minute */
  readonly timeout?: Duration
  /** Between ticks, by which windows close when no records come; whole minutes. @default 1 minute */
  readonly tickInterval?: Duration
  /** Executions kept for each function, and its most. @default none: as many as there are shards */
  readonly reservedConcurrentExecutions?: number
  /** @default no VPC */
  readonly vpc?: IVpc
  /** @default private subnets */
  readonly vpcSubnets?: SubnetSelection
  /** @default one of its own */
  readonly securityGroups?: ISecurityGroup[]
  /** @default 1 month */
  readonly logRetention?: RetentionDays
  /** How long dead letters are kept. @default 90 days */
  readonly deadLetterRetention?: Duration
  readonly alarms?: AlarmThresholds
}

/** A place to deploy to: `dev`, `prod`. */
export interface EnvironmentSettings {
  /**
   * Whether state, dead letters, streams and tables outlive the stack and are protected against deletion.
   * Streams must then be listed: an empty stream that nobody writes to is never created silently.
   * @default false: all goes with `cdk destroy`
   */
  readonly protected?: boolean
  /** Stands before the names of streams and tables that are created. @default '' */
  readonly prefix?: string
  /** By the name in the pipeline. @default created, on demand */
  readonly streams?: Readonly<Record<string, StreamSettings>>
  /** By the name in the pipeline. @default created */
  readonly tables?: Readonly<Record<string, TableSettings>>
  /** For all pipelines; a function where a VPC must be looked up. */
  readonly defaults?: PipelineSettings | ((scope: Construct) => PipelineSettings)
  /** By the pipeline's name, over the defaults. */
  readonly pipelines?: Readonly<Record<string, PipelineSettings>>
  /** Encrypts tables, buckets and streams with a key of the stack's own. @default keys of AWS */
  readonly customerManagedKey?: boolean
  /** Is told of alarms, once it has confirmed. */
  readonly alarmEmail?: string
}
