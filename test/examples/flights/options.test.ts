import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../../examples/flights/options.ts'
import { ConfigurationError } from '../../../lib/core/errors.ts'

const refusal = (...args: string[]): string => {
  try {
    parseOptions(args)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('the options of npm start', () => {
  it('are, without flags, all flights as fast as it goes', () => {
    expect(parseOptions([])).toEqual({
      limit: Number.POSITIVE_INFINITY,
      speed: Number.POSITIVE_INFINITY,
      bad: undefined,
      fresh: false,
      bundle: false,
      store: 'embedded',
      endpoint: undefined,
      help: false,
    })
  })

  it('take every flag, its value behind a space or an equals sign', () => {
    const args = ['--limit', '200000', '--speed=0.5', '--bad', '0.001', '--fresh', '--bundle', '--help']
    expect(parseOptions(args)).toEqual({
      limit: 200_000,
      speed: 0.5,
      bad: 0.001,
      fresh: true,
      bundle: true,
      store: 'embedded',
      endpoint: undefined,
      help: true,
    })
  })

  it('take the bounds of the share of bad records and nothing beyond', () => {
    expect(parseOptions(['--bad', '0']).bad).toBe(0)
    expect(parseOptions(['--bad', '0.5']).bad).toBe(0.5)
    expect(refusal('--bad', '0.51')).toBe(
      "'--bad' is '0.51', expected a share from 0 to 0.5: write for example --bad 0.001",
    )
  })

  it.each([
    ['--limit', '0'],
    ['--limit', '1.5'],
    ['--limit', '1e3'],
    ['--limit', 'all'],
    ['--limit', ''],
    ['--speed', '0'],
    ['--speed', 'fast'],
    ['--speed', 'Infinity'],
    ['--bad', '1%'],
  ])('refuse %s %j, naming the flag, the value, what is expected and an example', (flag, value) => {
    expect(refusal(`${flag}=${value}`)).toMatch(
      new RegExp(`^'${flag}' is '${value}', expected .+: write for example ${flag} `),
    )
  })

  it.each([
    [['--limits', '5'], '--limits'],
    [['--limit'], '--limit'],
    [['--limit', '-5'], '--limit'],
    [['--fresh=yes'], '--fresh'],
    [['stray'], 'stray'],
  ])('refuse %j, name %s and show what there is', (args, name) => {
    const [reason = '', ...usage] = refusal(...args).split('\n')
    expect(reason).toContain(name)
    expect(usage.join('\n')).toContain('--speed S')
  })

  it('take a DynamoDB in place of the embedded store', () => {
    const endpoint = 'http://127.0.0.1:8000'
    expect(parseOptions(['--store', 'dynamodb', '--endpoint', endpoint])).toMatchObject({
      store: 'dynamodb',
      endpoint,
    })
  })

  it.each([
    [['--store', 'postgres'], "'--store' is 'postgres', expected embedded or dynamodb"],
    [['--store', 'dynamodb'], "'--endpoint' is '', expected the URL of a DynamoDB"],
    [['--store', 'dynamodb', '--endpoint', 'nowhere'], "'--endpoint' is 'nowhere', expected the URL"],
    [['--endpoint', 'http://127.0.0.1:1'], "'--endpoint' is 'http://127.0.0.1:1', expected the URL"],
    [
      ['--store', 'dynamodb', '--endpoint', 'http://127.0.0.1:1', '--bundle'],
      "'--bundle' runs functions with the embedded store only",
    ],
  ])('refuse the store %j', (args, message) => {
    expect(refusal(...args)).toContain(message)
  })
})
