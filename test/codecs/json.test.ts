import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { json } from '../../lib/codecs/json.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import { InvalidRecordError, RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { drive } from '../../lib/testing/drive.ts'
import { all, emitted, failures } from '../support/readings.ts'

const Flight = z.object({ origin: z.string(), legs: z.array(z.object({ delay: z.number() })).default([]) })
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('Decoding', () => {
  test('gives what the schema makes of the JSON', () => {
    expect(json(Flight).decode(bytes('{"origin":"ATL"}'))).toEqual({ origin: 'ATL', legs: [] })
  })

  test('reads only its part of a larger buffer', () => {
    const whole = Buffer.from('xx{"origin":"ATL"}xx')
    const part = new Uint8Array(whole.buffer, whole.byteOffset + 2, whole.length - 4)
    expect(json(Flight).decode(part)).toMatchObject({ origin: 'ATL' })
  })

  test.each(['', '{', '{"origin":}', 'ATL'])('refuses %j, which is not JSON', (text) => {
    expect(() => json(Flight).decode(bytes(text))).toThrow(InvalidRecordError)
    expect(() => json(Flight).decode(bytes(text))).toThrow(/^the record is not JSON: /)
  })

  test('refuses what is not UTF-8', () => {
    const latin1 = Buffer.from('{"origin":"Zürich"}', 'latin1')
    expect(() => json(Flight).decode(latin1)).toThrow('the record is not UTF-8 text: expected JSON in UTF-8')
  })

  test('takes a replacement character that was really sent', () => {
    expect(json(Flight).decode(bytes('{"origin":"\uFFFD"}'))).toMatchObject({ origin: '\uFFFD' })
  })

  test('tells every misfit and where it is', () => {
    expect(() => json(Flight).decode(bytes('{"legs":[{"delay":1},{"delay":"2"}]}'))).toThrow(
      /^the record does not fit the schema: origin: Invalid input: .*; legs\.1\.delay: Invalid input: expected number, received string$/,
    )
  })

  test('tells a misfit of the whole record without a place', () => {
    expect(() => json(z.number()).decode(bytes('"1"'))).toThrow(
      'the record does not fit the schema: Invalid input: expected number, received string',
    )
  })

  test('answers with what a transform makes', () => {
    const Upper = z.object({
      origin: z.string().transform((code) => code.toLowerCase()),
      n: z.coerce.number(),
    })
    expect(json(Upper).decode(bytes('{"origin":"ATL","n":"3"}'))).toEqual({ origin: 'atl', n: 3 })
  })

  test('answers at once for a schema that does', () => {
    expect(json(Flight).decode(bytes('{"origin":"ATL"}'))).not.toBeInstanceOf(Promise)
  })
})

describe('A schema that answers with a promise', () => {
  const Known = z.string().refine(async (code) => code.length === 3, 'unknown airport')

  test('is awaited', async () => {
    await expect(json(Known).decode(bytes('"ATL"'))).resolves.toBe('ATL')
    await expect(json(Known).decode(bytes('"?"'))).rejects.toThrow(
      'the record does not fit the schema: unknown airport',
    )
  })

  test('keeps the order of the records, and fails them one by one', async () => {
    const source = kinesis.source({ stream: 's', codec: json(Known) })
    const driven = drive(pipeline('p', source, all())).send('ATL', '?', 'JFK')
    expect(await emitted(driven)).toEqual(['ATL', 'JFK'])
    expect(await failures(driven)).toEqual(['source: the record does not fit the schema: unknown airport'])
  })

  test('can ask for another attempt', async () => {
    let attempts = 0
    const busy: StandardSchemaV1<string, string> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          if (++attempts === 2) throw new RetryableError('busy')
          return { value: String(value) }
        },
      },
    }
    const source = kinesis.source({ stream: 's', codec: json(busy) })
    const driven = drive(pipeline('p', source, all()))
      .sendRaw('"a"')
      .sendRaw('"b"')
      .sendRaw('"c"')
    expect(await emitted(driven)).toEqual(['a', 'b', 'c'])
    expect(await failures(driven)).toEqual([])
    expect(attempts).toBe(4)
  })
})

test('encoding is JSON in UTF-8', () => {
  const codec = json(Flight)
  const value = { origin: 'Zürich', legs: [{ delay: 1 }] }
  const encoded = codec.encode?.(value) ?? new Uint8Array()
  expect(Buffer.from(encoded).toString()).toBe('{"origin":"Zürich","legs":[{"delay":1}]}')
  expect(codec.decode(encoded)).toEqual(value)
})
