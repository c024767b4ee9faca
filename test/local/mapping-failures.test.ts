import { describe, expect, test } from 'vitest'
import {
  failing,
  type Invocation,
  MappingFixture,
  numbered,
  payloadTexts,
  record,
} from './mapping-fixture.ts'

const MINUTES = 60_000
const poison = (text: string) => (invocation: Invocation) => {
  if (invocation.texts.includes(text)) throw new Error(`poison ${text}`)
}

/** Milliseconds between the invocations. */
const gaps = (f: MappingFixture) =>
  f.invocations.slice(1).map(({ at }, i) => at - (f.invocations[i]?.at ?? 0))

describe('A function that throws', () => {
  test('gets the whole batch again, with back-off from 100 ms to 10 s', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 3))
    f.answer = () => {
      if (f.invocations.length < 11) throw new Error('not yet')
    }
    await f.started()
    await f.clock.advance(2 * MINUTES)
    expect(new Set(f.batches)).toEqual(new Set(['1 2 3']))
    expect(gaps(f)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000])
  })

  test('holds up its shard and no other', async () => {
    const f = new MappingFixture(2)
    f.streams.put('s', [
      { ...record('bad'), explicitHashKey: 0n },
      { ...record('good'), explicitHashKey: 2n ** 127n },
    ])
    f.answer = poison('bad')
    const mapping = await f.started()
    await f.clock.advance(MINUTES)
    f.streams.put('s', [
      { ...record('behind'), explicitHashKey: 0n },
      { ...record('next'), explicitHashKey: 2n ** 127n },
    ])
    await f.clock.advance(MINUTES)
    expect(f.batches).toContain('good')
    expect(f.batches).toContain('next')
    expect(f.batches.join()).not.toContain('behind')
    expect(mapping.lag()).toBe(2)
  })

  test('is tried for ever with retryAttempts -1', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 1))
    f.answer = poison('1')
    await f.started()
    await f.clock.advance(20 * MINUTES)
    expect(f.invocations.length).toBeGreaterThan(100)
    expect(f.failures).toEqual([])
  })

  test('gets retryAttempts retries; then the batch goes to the destination and the next one comes', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 4))
    f.answer = poison('1')
    const mapping = await f.started({ batchSize: 2, retryAttempts: 2 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2', '1 2', '1 2', '3 4'])
    expect(payloadTexts(f.failures[0])).toEqual(['1', '2'])
    expect(mapping.lag()).toBe(0)
  })

  test('gets no retry at all with retryAttempts 0', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = poison('1')
    await f.started({ retryAttempts: 0 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2'])
    expect(f.failures).toHaveLength(1)
  })

  test('begins with 100 ms again after progress', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = (invocation) => {
      const [first = ''] = invocation.texts
      if (f.batches.filter((batch) => batch === first).length < 4) throw new Error('not yet')
    }
    await f.started({ batchSize: 1 })
    await f.clock.advance(MINUTES)
    expect(gaps(f)).toEqual([100, 200, 400, 0, 100, 200, 400])
  })
})

describe('A response means success when it is', () => {
  test.each([[undefined], [null], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    '%j',
    async (response) => {
      const f = new MappingFixture()
      f.streams.put('s', numbered(1, 2))
      f.answer = () => response
      const mapping = await f.started()
      await f.clock.advance(MINUTES)
      expect(f.batches).toEqual(['1 2'])
      expect(mapping.lag()).toBe(0)
    },
  )
})

describe('A response makes the whole batch fail when it is', () => {
  test.each([
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ itemIdentifier: '495900' }] }],
    [{ batchItemFailures: [{ identifier: 'x' }] }],
    [{ batchItemFailures: ['x'] }],
    [{ batchItemFailures: [null] }],
    [{ batchItemFailures: 'x' }],
    ['done'],
    [[]],
  ])('%j', async (response) => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = () => (f.invocations.length === 1 ? response : undefined)
    await f.started()
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2', '1 2'])
    expect(f.reports[0]).toMatchObject({ done: 0, error: { code: 'CONFIGURATION' } })
  })

  test('a list with one unknown identifier among known ones', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 3))
    f.answer = (invocation) => {
      if (f.invocations.length > 1) return undefined
      const known = failing(invocation, '3').batchItemFailures
      return { batchItemFailures: [...known, { itemIdentifier: 'unknown' }] }
    }
    await f.started()
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3', '1 2 3'])
  })
})

describe('A partial response', () => {
  test('brings everything from the lowest sequence number on again, what was not named too', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 5))
    f.answer = (invocation) => (f.invocations.length === 1 ? failing(invocation, '5', '3') : undefined)
    await f.started()
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3 4 5', '3 4 5'])
  })

  test('moves the checkpoint to before the failing record', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 5))
    f.answer = (invocation) => failing(invocation, '3')
    const mapping = await f.started()
    const second = f.invocations[0]?.event.Records[1]?.kinesis.sequenceNumber
    expect(mapping.position('shardId-000000000000')).toBe(second)
    expect(mapping.lag()).toBe(3)
  })

  test('is progress: the next record that fails has all its retries', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 3))
    const left = new Map([
      ['1', 2],
      ['2', 2],
      ['3', 2],
    ])
    f.answer = (invocation) => {
      for (const text of invocation.texts) {
        const failures = left.get(text) ?? 0
        left.set(text, failures - 1)
        if (failures > 0) return failing(invocation, text)
      }
    }
    await f.started({ retryAttempts: 2 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3', '1 2 3', '1 2 3', '2 3', '2 3', '3', '3'])
    expect(f.failures).toEqual([])
  })

  test('is progress: the back-off begins with 100 ms again', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = (invocation) => {
      if (f.invocations.length < 4) return failing(invocation, '1')
      if (f.invocations.length === 4) return failing(invocation, '2')
    }
    await f.started()
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2', '1 2', '1 2', '1 2', '2'])
    expect(gaps(f)).toEqual([100, 200, 400, 100])
  })

  test('without bisection gives up the rest of the batch when the retries are used up', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 4))
    f.answer = (invocation) => (invocation.texts.includes('2') ? failing(invocation, '2') : undefined)
    await f.started({ retryAttempts: 1 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3 4', '2 3 4'])
    expect(payloadTexts(f.failures[0])).toEqual(['2', '3', '4'])
    expect(f.failures[0]?.responseContext).toEqual({ statusCode: 200, executedVersion: '$LATEST' })
  })
})

describe('Bisection', () => {
  test('halves a failed batch until the bad record is alone', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 8))
    f.answer = poison('6')
    await f.started({ bisectBatchOnError: true, retryAttempts: 0 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3 4 5 6 7 8', '1 2 3 4', '5 6 7 8', '5 6', '5', '6', '7 8'])
    expect(f.failures.map(payloadTexts)).toEqual([['6']])
  })

  test('uses up no retry', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 4))
    f.answer = poison('1')
    await f.started({ bisectBatchOnError: true, retryAttempts: 2 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3 4', '1 2', '1', '1', '1', '2', '3 4'])
    expect(f.failures[0]?.requestContext.approximateInvokeCount).toBe(5)
  })

  test('with a partial response cuts at its sequence number and delivers the rest only', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 8))
    f.answer = (invocation) => (f.invocations.length === 1 ? failing(invocation, '7') : undefined)
    await f.started({ bisectBatchOnError: true, retryAttempts: 0 })
    await f.clock.advance(MINUTES)
    expect(f.batches).toEqual(['1 2 3 4 5 6 7 8', '7 8'])
    expect(f.failures).toEqual([])
  })

  test('isolates a record that partial responses name again and again', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 8))
    f.answer = (invocation) => (invocation.texts.includes('3') ? failing(invocation, '3') : undefined)
    await f.started({ bisectBatchOnError: true, retryAttempts: 1 })
    await f.clock.advance(MINUTES)
    expect(f.failures.map(payloadTexts)).toEqual([['3']])
    expect(f.batches).toEqual(['1 2 3 4 5 6 7 8', '3 4 5 6 7 8', '3 4 5', '3 4', '3', '3', '4', '5', '6 7 8'])
  })
})

describe('Records above maxRecordAge', () => {
  test('are given up when retries made them too old', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = poison('1')
    const mapping = await f.started({ maxRecordAge: MINUTES })
    await f.clock.advance(59_000)
    expect(f.failures).toEqual([])
    await f.clock.advance(20_000)
    expect(f.failures[0]?.requestContext.condition).toBe('RecordAgeExceeded')
    expect(payloadTexts(f.failures[0])).toEqual(['1', '2'])
    expect(mapping.lag()).toBe(0)
  })

  test('are never delivered when they are too old from the start; younger neighbours are', async () => {
    const f = new MappingFixture()
    const now = f.clock.now()
    f.streams.put('s', [
      record('old', 'k', now - MINUTES - 1),
      record('young', 'k', now - MINUTES),
      record('old too', 'k', now - 2 * MINUTES),
      record('new', 'k', now),
    ])
    await f.started({ maxRecordAge: MINUTES })
    expect(f.batches).toEqual(['young', 'new'])
    expect(f.failures.map(payloadTexts)).toEqual([['old'], ['old too']])
    expect(f.failures[0]?.requestContext.approximateInvokeCount).toBe(0)
  })
})

describe('The on-failure destination', () => {
  test('gets the document of AWS with the payload', async () => {
    const f = new MappingFixture()
    f.streams.put('s', [record('a'), record('b', 'k', f.clock.now() + 5)])
    f.answer = poison('b')
    await f.started({ retryAttempts: 0 })
    const [first, last] = f.invocations[0]?.event.Records ?? []
    expect(f.failures).toEqual([
      {
        requestContext: {
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 1,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        version: '1.0',
        timestamp: '2001-09-09T01:46:40.000Z',
        KinesisBatchInfo: {
          shardId: 'shardId-000000000000',
          startSequenceNumber: first?.kinesis.sequenceNumber,
          endSequenceNumber: last?.kinesis.sequenceNumber,
          approximateArrivalOfFirstRecord: '2001-09-09T01:46:40.000Z',
          approximateArrivalOfLastRecord: '2001-09-09T01:46:40.005Z',
          batchSize: 2,
          streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
        },
        payload: JSON.stringify(f.invocations[0]?.event),
      },
    ])
  })

  test('that fails gets the records again; the position stays before them until it takes them', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = poison('1')
    let down = true
    f.accept = () => {
      if (down) throw new Error('destination down')
    }
    const mapping = await f.started({ batchSize: 1, retryAttempts: 0 })
    await f.clock.advance(MINUTES)
    expect(mapping.lag()).toBe(2)
    down = false
    await f.clock.advance(10_000)
    expect(f.failures.map(payloadTexts)).toEqual([['1']])
    expect(f.batches).toEqual(['1', '2'])
    expect(mapping.lag()).toBe(0)
  })
})
