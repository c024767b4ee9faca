import { Match, type Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import type { EnvironmentSettings } from '../../cdk/settings.ts'
import type { Pipeline } from '../../lib/index.ts'
import { effects, stackOf, stateless, templateOf, windowed } from './fixture.ts'

/** What would lose data if it were made anew. */
const STATEFUL = ['AWS::DynamoDB::Table', 'AWS::Kinesis::Stream', 'AWS::S3::Bucket', 'AWS::KMS::Key']

const idsOf = (template: Template, types: readonly string[]) =>
  types.flatMap((type) => Object.keys(template.findResources(type))).toSorted()

const refusal = (pipelines: readonly Pipeline[], environment?: EnvironmentSettings) => () =>
  stackOf(pipelines, environment)

test('all that stays has the logical ids that it has always had', () => {
  const template = templateOf([windowed(), stateless(), effects()], { customerManagedKey: true })
  expect(idsOf(template, STATEFUL)).toMatchInlineSnapshot(`
    [
      "Key961B73FD",
      "PipelinesmailsDeadLetters48BD2726",
      "PipelinesmailsStateBlobs98B8C938",
      "PipelinesmailsStateTableF5FC3F56",
      "PipelinespagesDeadLetters67C748B7",
      "PipelinespagesStateBlobs9B50292D",
      "PipelinespagesStateTableC379F82E",
      "PipelinesrawDeadLetters7656AB98",
      "Streamsvisits231BAA3D",
      "Tableslatevisits1486B132",
      "TablesmailsBFEACA06",
      "TablespagehoursBAC1F9BF",
      "TablesrawvisitsE954F112",
    ]
  `)
})

test('the template is as reviewed, but for hashes of code', () => {
  const masked = JSON.stringify(templateOf([windowed()]).toJSON(), undefined, 2).replaceAll(
    /[0-9a-f]{64}/g,
    'HASH',
  )
  expect(masked).toMatchSnapshot()
})

describe('a function file more', () => {
  const one = templateOf([windowed()]).toJSON()
  const two = templateOf([windowed(), stateless('others', { stream: 'other' })]).toJSON()

  test('adds its own resources and changes none that are there', () => {
    expect(two.Resources).toMatchObject(one.Resources)
    const added = Object.keys(two.Resources).filter((id) => !(id in one.Resources))
    expect(added.filter((id) => !/^(Pipelinesothers|Streamsother|Tablesrawvisits)/.test(id))).toEqual([])
    expect(added).toContainEqual(expect.stringMatching(/^PipelinesothersStageFunction/))
  })

  test('or less, in an environment that is not protected, takes its own with it', () => {
    const removed = Object.entries<{ Type: string; DeletionPolicy?: string }>(two.Resources).filter(
      ([id]) => !(id in one.Resources),
    )
    const kept = removed.filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
    expect(kept).toEqual([])
  })
})

describe('a protected environment', () => {
  const stack = stackOf([windowed()], { protected: true, streams: { visits: {} } })
  const template = templateOf([windowed()], { protected: true, streams: { visits: {} } })

  test('retains everything that holds data, and refuses to delete it', () => {
    expect(stack.terminationProtection).toBe(true)
    for (const type of STATEFUL.filter((each) => each !== 'AWS::KMS::Key')) {
      template.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    }
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      DeletionProtectionEnabled: true,
    })
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 0)
  })

  test('wants to hear of every stream whether it exists', () => {
    expect(refusal([windowed()], { protected: true })).toThrow(
      "stream 'visits' is not among the environment's streams (none): say streams: { 'visits': { existing: 'visits' } }",
    )
  })
})

describe('streams and tables', () => {
  test('are created under the prefix, and the function is told their names', () => {
    const template = templateOf([windowed()], { prefix: 'dev-' })
    template.hasResourceProperties('AWS::Kinesis::Stream', { Name: 'dev-visits' })
    template.hasResourceProperties('AWS::DynamoDB::Table', { TableName: 'dev-page-hours' })
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          MILLRACE_RESOURCES:
            '{"visits":"dev-visits","page-hours":"dev-page-hours","late-visits":"dev-late-visits"}',
        },
      },
    })
  })

  test('that exist are used by name or ARN, and none is created', () => {
    const arn = 'arn:aws:kinesis:eu-west-1:111111111111:stream/clicks'
    const template = templateOf(
      [windowed()],
      { streams: { visits: { existing: arn } }, tables: { 'page-hours': { existing: 'hours' } } },
      { env: { account: '111111111111', region: 'eu-west-1' } },
    )
    template.resourceCountIs('AWS::Kinesis::Stream', 0)
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: arn })
    template.resourcePropertiesCountIs('AWS::DynamoDB::Table', { TableName: 'page-hours' }, 0)
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { MILLRACE_RESOURCES: '{"visits":"clicks","page-hours":"hours"}' } },
    })
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(':table/hours')
  })

  test('are encrypted with a key of the stack, if so wished, which functions may use', () => {
    const template = templateOf([windowed()], { customerManagedKey: true })
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true })
    template.allResourcesProperties('AWS::Kinesis::Stream', { StreamEncryption: { EncryptionType: 'KMS' } })
    template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          Match.objectLike({ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }) }),
        ],
      },
    })
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain('kms:GenerateDataKey')
  })

  test('are shared by pipelines that name the same', () => {
    const template = templateOf([windowed('a'), windowed('b')])
    template.resourceCountIs('AWS::Kinesis::Stream', 1)
    template.resourcePropertiesCountIs('AWS::DynamoDB::Table', { TableName: 'page-hours' }, 1)
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 2)
  })

  test('of one shard are created with one, where the source says so', () => {
    templateOf([windowed('a', { shards: 1 })]).hasResourceProperties('AWS::Kinesis::Stream', {
      ShardCount: 1,
    })
    templateOf([windowed()]).hasResourceProperties('AWS::Kinesis::Stream', {
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    })
  })
})

describe('is refused with a remedy', () => {
  test('a stream of one shard that is created with more', () => {
    expect(refusal([windowed('a', { shards: 1 })], { streams: { visits: { shardCount: 2 } } })).toThrow(
      "a source of stream 'visits' declares shards: 1, and the stream is created with 2: say streams: { 'visits': { shardCount: 1 } }",
    )
  })

  test('a name that is too long', () => {
    expect(refusal([windowed()], { prefix: 'p'.repeat(130) })).toThrow(/136 characters: Kinesis takes 128/)
    const streams = { visits: { existing: 'visits' } }
    expect(refusal([windowed()], { prefix: 'p'.repeat(250), streams })).toThrow(/DynamoDB takes 255/)
  })

  test('two pipelines of one name', () => {
    expect(refusal([windowed('a'), stateless('a')])).toThrow(/There is already a Construct with name 'a'/)
  })

  test('a region that there is not, and a stream in another one', () => {
    const inRegion = (region: string, environment = {}) =>
      stackOf([windowed()], environment, { env: { account: '111111111111', region } })
    expect(() => inRegion('eu-west-9')).toThrow("'eu-west-9' is not a region that the CDK knows")
    const existing = 'arn:aws:kinesis:us-east-1:111111111111:stream/visits'
    expect(() => inRegion('eu-west-1', { streams: { visits: { existing } } })).toThrow(
      "is in region 'us-east-1' and stack 'test' in 'eu-west-1'",
    )
  })

  test('an ARN of something else', () => {
    const existing = 'arn:aws:dynamodb:eu-west-1:111111111111:table/visits'
    expect(refusal([windowed()], { streams: { visits: { existing } } })).toThrow(
      /is not the ARN of a kinesis stream/,
    )
  })

  test('settings of something that no function has', () => {
    expect(refusal([windowed()], { streams: { vists: {} } })).toThrow(
      "the environment has settings for 'vists' in 'streams', and no function has that: expected one of visits",
    )
  })

  test('a table that two sinks want with different keys', () => {
    expect(refusal([windowed('a', { table: 'raw-visits' }), stateless('b')])).toThrow(
      "two sinks write table 'raw-visits', one with the key page (S), hour (N), one with id (S)",
    )
  })

  test('a stream and a table of one name that are called differently', () => {
    const environment = { streams: { visits: { existing: 'clicks' } } }
    expect(refusal([windowed('a', { table: 'visits' })], environment)).toThrow(
      "pipeline 'a' has a stream and a table named 'visits', which are 'clicks' and 'visits'",
    )
    expect(refusal([windowed('a', { table: 'visits' })])).not.toThrow()
  })
})

test('people are told of alarms by mail, through one topic', () => {
  const template = templateOf([windowed()], { alarmEmail: 'team@example.com' })
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'team@example.com',
  })
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [{ Ref: Match.stringLikeRegexp('^Alarms') }],
    TreatMissingData: 'notBreaching',
  })
})

test('settings of a pipeline stand over those of all', () => {
  const template = templateOf([windowed('a'), windowed('b')], {
    defaults: () => ({ memorySize: 512 }),
    pipelines: { b: { memorySize: 3008 } },
  })
  for (const [name, memory] of Object.entries({ a: 512, b: 3008 })) {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: `${name}: reads visits`,
      MemorySize: memory,
    })
  }
})
