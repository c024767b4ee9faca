import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { type IStream, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { ConfigurationError } from '#lib/core/errors'
import type { SourceNode } from '#lib/core/graph'
import type { StreamSettings } from '../settings.ts'
import { arnOf } from './existing-arn.ts'
import { isRetained, type Protection } from './protection.ts'

export interface SourceStreamsProps extends Protection {
  /** Stands before the names of streams that are created. @default '' */
  readonly prefix?: string
  /** By the name in the pipeline. @default created */
  readonly streams?: Readonly<Record<string, StreamSettings>>
  /** Refuses a stream that is not in `streams`, instead of creating it. @default false */
  readonly listedOnly?: boolean
}

/** The streams that the pipelines of a stack read, exchanges too, each once: existing ones, or created. */
export class SourceStreams extends Construct {
  /** Physical names by the names in the pipelines. */
  readonly names: Record<string, string> = {}
  readonly #streams = new Map<string, { readonly stream: IStream; readonly shardCount: number | undefined }>()
  readonly #props: SourceStreamsProps

  constructor(scope: Construct, id: string, props: SourceStreamsProps) {
    super(scope, id)
    this.#props = props
  }

  /**
   * The stream of a pipeline's source.
   * @throws ConfigurationError for one that would be created with a name that Kinesis refuses, or that is in
   * another region; for one with another number of shards than the source declares; with `listedOnly`
   * also for one that is not listed
   */
  get({ stream: name, shards }: SourceNode): IStream {
    const { stream, shardCount } = this.#known(name, shards, this.#props.listedOnly === true)
    if (shards === undefined || shardCount === shards || !this.#isCreated(name)) return stream
    throw new ConfigurationError(
      `a source of stream '${name}' declares shards: ${shards}, and the stream is created with ${shardCount ?? 'on-demand capacity'}: say streams: { '${name}': { shardCount: ${shards} } } in the environment, or leave 'shards' out`,
      { stream: name, shards, shardCount },
    )
  }

  /** A stream of a pipeline's own: never a thing to forget, so it need not be listed. @throws as `get` */
  exchange(name: string): IStream {
    return this.#known(name, undefined, false).stream
  }

  #known(name: string, shards: number | undefined, listedOnly: boolean) {
    const made = this.#streams.get(name) ?? this.#make(name, shards, listedOnly)
    this.#streams.set(name, made)
    return made
  }

  #isCreated(name: string): boolean {
    return !('existing' in (this.#props.streams?.[name] ?? {}))
  }

  #make(name: string, shards: number | undefined, listedOnly: boolean) {
    const settings = this.#props.streams?.[name] ?? this.#default(name, listedOnly)
    if ('existing' in settings) return { stream: this.#import(name, settings), shardCount: undefined }
    const { prefix = '', encryptionKey } = this.#props
    const physical = `${prefix}${name}`
    if (physical.length > 128) {
      throw new ConfigurationError(
        `stream '${physical}' has a name of ${physical.length} characters: Kinesis takes 128; shorten the environment's prefix or the stream's name`,
        { stream: physical },
      )
    }
    const retained = isRetained(this.#props)
    const { shardCount = shards, retentionPeriod = retained ? Duration.days(7) : Duration.hours(24) } =
      settings
    this.names[name] = physical
    const stream = new Stream(this, name, {
      streamName: physical,
      ...(shardCount === undefined
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount }),
      retentionPeriod,
      ...(encryptionKey
        ? { encryption: StreamEncryption.KMS, encryptionKey }
        : { encryption: StreamEncryption.MANAGED }),
      removalPolicy: retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    Validations.of(stream).acknowledge({
      id: 'AwsSolutions-KDS3',
      reason:
        'The key of AWS is the default; another one is used where a customer-managed key was asked for.',
    })
    return { stream, shardCount }
  }

  #default(name: string, listedOnly: boolean): StreamSettings {
    if (!listedOnly) return {}
    const listed = Object.keys(this.#props.streams ?? {})
    throw new ConfigurationError(
      `stream '${name}' is not among the environment's streams (${listed.join(', ') || 'none'}): say streams: { '${name}': { existing: '${name}' } }, or {} instead to have it created`,
      { stream: name },
    )
  }

  #import(
    name: string,
    { existing, encryptionKeyArn }: Extract<StreamSettings, { existing: string }>,
  ): IStream {
    const streamArn = arnOf(existing, Stack.of(this), {
      service: 'kinesis',
      resource: 'stream',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    })
    this.names[name] = existing.split('/').at(-1) ?? existing
    return Stream.fromStreamAttributes(this, name, {
      streamArn,
      ...(encryptionKeyArn !== undefined && {
        encryptionKey: Key.fromKeyArn(this, `${name}-key`, encryptionKeyArn),
      }),
    })
  }
}
