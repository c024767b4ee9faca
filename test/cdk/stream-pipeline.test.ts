import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { describe, expect, test } from 'vitest'
import { StreamPipeline, type StreamPipelineProps } from '../../cdk/constructs/stream-pipeline.ts'
import { effects, functionOf, stateless, templateOf, twoStages, windowed } from './fixture.ts'

function pipelineIn(stack: Stack, props: Partial<StreamPipelineProps> = {}): StreamPipeline {
  const value = props.pipeline ?? windowed()
  return new StreamPipeline(stack, value.name, {
    pipeline: value,
    code: Code.fromAsset(functionOf(value).bundle),
    ...props,
  })
}

const newStack = () => new Stack(new App(), 'test')

/** The statements of the role of the stack's only pipeline. */
function statements(template: Template): { Action: string | string[]; Resource: unknown }[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'))
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
}

const actions = (template: Template): string[] => statements(template).flatMap(({ Action }) => Action)

describe('a pipeline with state', () => {
  const template = templateOf([windowed()])

  test('has a function of the newest Node.js on arm64, with its bundle and what it is connected to', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'pages: reads visits',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 1024,
      Timeout: 60,
      Environment: {
        Variables: {
          NODE_OPTIONS: '--enable-source-maps',
          MILLRACE_STATE_TABLE: { Ref: Match.stringLikeRegexp('StateTable') },
          MILLRACE_BLOB_BUCKET: { Ref: Match.stringLikeRegexp('StateBlobs') },
          MILLRACE_DEAD_LETTER_BUCKET: { Ref: Match.stringLikeRegexp('DeadLetters') },
          MILLRACE_CODE_VERSION: 'hash',
          MILLRACE_RESOURCES: Match.absent(),
        },
      },
    })
  })

  test('is ticked every minute, or as often as is said', () => {
    const rate = (interval: string) => ({
      ScheduleExpression: `rate(${interval})`,
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Function'), 'Arn'] } })],
    })
    template.hasResourceProperties('AWS::Events::Rule', rate('1 minute'))
    const stack = newStack()
    pipelineIn(stack, { tickInterval: Duration.minutes(5) })
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', rate('5 minutes'))
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'events.amazonaws.com',
    })
  })

  test('is triggered from the oldest record on, retries for ever, and bisects', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Streamsvisits'), 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 2,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: Match.absent(),
      ParallelizationFactor: Match.absent(),
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] } },
      },
    })
  })

  test('keeps its state in a table that is paid per request and can be put back', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'task', KeyType: 'HASH' },
        { AttributeName: 'slot', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })

  test('creates the tables of its sinks with their keys', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'page-hours',
      AttributeDefinitions: [
        { AttributeName: 'page', AttributeType: 'S' },
        { AttributeName: 'hour', AttributeType: 'N' },
      ],
    })
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TableName: 'late-visits',
      AttributeDefinitions: [
        { AttributeName: 'page', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'S' },
      ],
    })
  })

  test('has buckets that are private, take TLS only, and never let a snapshot expire', () => {
    template.resourceCountIs('AWS::S3::Bucket', 2)
    template.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    })
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    })
    const expiring = template.findResources('AWS::S3::Bucket', {
      Properties: {
        LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 90 })]) },
      },
    })
    expect(Object.keys(expiring)).toEqual([expect.stringMatching(/DeadLetters/)])
  })

  test('keeps logs for a month', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
  })

  test('may do what it does, and to its own resources only', () => {
    expect([...new Set(actions(template))].toSorted()).toEqual([
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamConsumer',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'kinesis:ListStreams',
      'kinesis:SubscribeToShard',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ])
    const resources = statements(template).flatMap(({ Resource }) => Resource)
    expect(resources).not.toContain('*')
    const named = resources.map((each) => JSON.stringify(each))
    expect(named.filter((each) => !/"Fn::GetAtt":\["\w+","Arn"\]/.test(each))).toEqual([])
  })

  test('may update items of a table that it upserts, and of its state not without effects', () => {
    const updates = statements(template).filter(({ Action }) => Action.includes('dynamodb:UpdateItem'))
    expect(JSON.stringify(updates)).not.toMatch(/StateTable/)
    expect(JSON.stringify(statements(templateOf([effects()])))).toMatch(
      /"dynamodb:UpdateItem"\],"Effect":"Allow","Resource":\[\{"Fn::GetAtt":\["\w*StateTable/,
    )
  })
})

describe('a pipeline without state', () => {
  const template = templateOf([stateless()])

  test('is not ticked: nothing in it waits for time', () => {
    template.resourceCountIs('AWS::Events::Rule', 0)
  })

  test('has no state, and is not connected to any', () => {
    template.resourceCountIs('AWS::S3::Bucket', 1)
    template.resourceCountIs('AWS::DynamoDB::Table', 1)
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: { MILLRACE_STATE_TABLE: Match.absent(), MILLRACE_BLOB_BUCKET: Match.absent() },
      },
    })
    expect(actions(template)).not.toContain('dynamodb:GetItem')
  })

  test('is given up by the mapping after some time: what was not done goes to the bucket', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRetryAttempts: 60,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    })
  })

  test('is not watched for what it does not have', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
    const names = alarms.map(({ Properties }) => Properties.AlarmName).toSorted()
    expect(names).toEqual([
      'test/raw/DeadLetters',
      'test/raw/Duration',
      'test/raw/Errors',
      'test/raw/GivenUp',
      'test/raw/IteratorAge',
      'test/raw/Throttles',
    ])
  })
})

describe('a pipeline of several stages', () => {
  const template = templateOf([twoStages()], {
    protected: true,
    prefix: 'prod-',
    streams: { visits: {}, 'stages.hourly': { shardCount: 3 } },
  })
  const statementsOf = (stage: string) => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'))
    return policies
      .filter(([id]) => id.startsWith(`Pipelinesstages${stage}Role`))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as { Action: string | string[] }[])
  }
  const allowed = (stage: string, action: string): string =>
    JSON.stringify(statementsOf(stage).filter(({ Action }) => [Action].flat().includes(action)))

  test('has an exchange stream, which need not be listed', () => {
    template.hasResourceProperties('AWS::Kinesis::Stream', { Name: 'prod-stages.hourly', ShardCount: 3 })
    const unlisted = templateOf([twoStages()], { protected: true, streams: { visits: {} } })
    unlisted.hasResourceProperties('AWS::Kinesis::Stream', {
      Name: 'stages.hourly',
      RetentionPeriodHours: 168,
    })
  })

  test.each([
    ['source', 'stages, source: reads visits'],
    ['hourly', 'stages, hourly: reads stages.hourly'],
  ])('has a function for its stage %s', (stage, description) => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: description,
      Environment: {
        Variables: {
          MILLRACE_STAGE: stage,
          MILLRACE_STATE_TABLE: { Ref: Match.stringLikeRegexp('StateTable') },
          MILLRACE_RESOURCES: JSON.stringify({
            visits: 'prod-visits',
            'stages.hourly': 'prod-stages.hourly',
            'letter-hours': 'prod-letter-hours',
          }),
        },
      },
    })
  })

  test('triggers each by the stream that it reads, without end, and ticks it', () => {
    for (const [stream, BatchSize] of [
      ['Streamsvisits', 500],
      ['Streamsstageshourly', 100],
    ]) {
      template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${stream}`), 'Arn'] },
        StartingPosition: 'TRIM_HORIZON',
        BatchSize,
        MaximumRetryAttempts: -1,
        ParallelizationFactor: Match.absent(),
      })
    }
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 2)
    template.resourceCountIs('AWS::Events::Rule', 2)
  })

  test('lets the first one send, the second one write, and both see the shards of all streams', () => {
    expect(allowed('Stage', 'kinesis:PutRecords')).toMatch(/"Streamsstageshourly\w+","Arn"/)
    expect(allowed('Stagehourly', 'kinesis:PutRecords')).toBe('[]')
    expect(allowed('Stage', 'dynamodb:BatchWriteItem')).toBe('[]')
    expect(allowed('Stage', 'dynamodb:UpdateItem')).toBe('[]')
    expect(allowed('Stagehourly', 'dynamodb:UpdateItem')).toMatch(/"Tablesletterhours\w+","Arn"/)
    for (const stage of ['Stage', 'Stagehourly']) {
      expect(allowed(stage, 'kinesis:ListShards')).toMatch(/"Streamsvisits\w+","Arn"/)
      expect(allowed(stage, 'kinesis:ListShards')).toMatch(/"Streamsstageshourly\w+","Arn"/)
    }
    expect(allowed('Stagehourly', 'kinesis:GetRecords')).not.toMatch(/"Streamsvisits\w+","Arn"/)
  })

  test('watches each of its functions', () => {
    for (const stage of ['source', 'hourly']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: `test/stages/${stage}-IteratorAge`,
      })
    }
  })
})

describe('the construct by itself', () => {
  test('creates and retains what it needs', () => {
    const stack = newStack()
    pipelineIn(stack)
    const template = Template.fromStack(stack)
    template.hasResourceProperties('AWS::Kinesis::Stream', { Name: 'visits', RetentionPeriodHours: 168 })
    template.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain' })
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      DeletionProtectionEnabled: true,
    })
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain' })
  })

  test('takes concurrency, memory, timeout and a VPC, with what AWS asks for that', () => {
    const stack = newStack()
    const vpc: IVpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-12345678',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-12345678'],
    })
    pipelineIn(stack, {
      vpc,
      securityGroups: [new SecurityGroup(stack, 'Group', { vpc })],
      reservedConcurrentExecutions: 4,
      memorySize: 2048,
      timeout: Duration.minutes(5),
    })
    const template = Template.fromStack(stack)
    template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: 4,
      MemorySize: 2048,
      Timeout: 300,
      VpcConfig: { SecurityGroupIds: [Match.anyValue()], SubnetIds: ['subnet-12345678'] },
    })
    const wide = statements(template).filter(({ Resource }) => Resource === '*')
    expect(wide.map(({ Action }) => Action)).toEqual([
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
    ])
  })

  test('grants producers to put, and readers to see dead letters', () => {
    const stack = newStack()
    const made = pipelineIn(stack, { removalPolicy: RemovalPolicy.DESTROY })
    const role = new Role(stack, 'Other', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    made.grants.putRecords(role)
    made.grants.readDeadLetters(role)
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('Other') }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'] }),
          Match.objectLike({ Action: 's3:GetObject' }),
          Match.objectLike({ Action: 's3:ListBucket' }),
        ],
      },
    })
  })

  test('is refused where the stack has one of the same pipeline', () => {
    const stack = newStack()
    pipelineIn(stack)
    const again = () =>
      new StreamPipeline(stack, 'Again', {
        pipeline: windowed(),
        code: Code.fromAsset(functionOf(windowed()).bundle),
      })
    expect(again).toThrow("test/pages and test/Again both deploy pipeline 'pages'")
  })

  test('synthesizes without a warning', () => {
    const stack = newStack()
    pipelineIn(stack)
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([])
  })
})
