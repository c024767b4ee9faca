import { describe, expect, test } from 'vitest'
import { type KinesisSourceOptions, source } from '../../../lib/connectors/kinesis/source.ts'
import { ConfigurationError } from '../../../lib/core/errors.ts'
import { type Reading, text } from '../../support/readings.ts'

const made = (options: Partial<KinesisSourceOptions<Reading>> = {}) =>
  source({ stream: 'readings', codec: text, ...options }).node

test('a source has defaults for all but its stream and codec', () => {
  expect(made()).toEqual({
    kind: 'source',
    op: 'kinesis.source',
    stream: 'readings',
    codec: text,
    eventTime: undefined,
    maxOutOfOrderness: 0,
    maxFutureSkew: 3_600_000,
    idleTimeout: 60_000,
    batch: { size: 100, interval: 0 },
  })
})

test('it can say that its stream has one shard', () => {
  expect(made({ shards: 1 })).toMatchObject({ shards: 1 })
})

test('durations become ms', () => {
  const options = {
    maxOutOfOrderness: '1h',
    maxFutureSkew: '2m',
    batch: { size: 10_000, interval: '5m' },
  } as const
  expect(made(options)).toMatchObject({
    maxOutOfOrderness: 3_600_000,
    maxFutureSkew: 120_000,
    batch: { size: 10_000, interval: 300_000 },
  })
})

describe('Refused:', () => {
  test.each(['', 'a b', 'arn:aws:kinesis:eu-west-1:1:stream/a', 'x'.repeat(129)])(
    'a stream named %j',
    (stream) => {
      expect(() => made({ stream })).toThrow(ConfigurationError)
      expect(() => made({ stream })).toThrow(
        `'${stream}' cannot name a Kinesis stream: expected 1 to 128 letters, digits, '.', '_' or '-'`,
      )
    },
  )

  test.each([0, -1, 1.5, 10_001, Number.NaN])('a batch of %d records', (size) => {
    expect(() => made({ batch: { size } })).toThrow(
      `'batch.size' of stream 'readings' is ${size}: expected 1 to 10,000 records`,
    )
  })

  test('gathering for longer than Lambda does', () => {
    expect(() => made({ batch: { interval: '301s' } })).toThrow(
      `'batch.interval' of stream 'readings' is '301s': Lambda gathers a batch for at most '5m'`,
    )
  })

  test.each(['maxOutOfOrderness', 'maxFutureSkew'] as const)('a wrong duration, by name: %s', (option) => {
    expect(() => made({ [option]: '-1s' })).toThrow(`'${option}' is not a duration`)
  })
})
