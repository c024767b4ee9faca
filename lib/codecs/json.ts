import { isUtf8 } from 'node:buffer'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Codec } from '../core/codec.ts'
import { InvalidRecordError } from '../core/errors.ts'
import { isPromise } from '../core/promise.ts'

/**
 * JSON in UTF-8, validated by any Standard Schema (zod, valibot, arktype, …; https://standardschema.dev).
 * A schema that answers with a promise is awaited; one that does not costs no promise.
 * @example
 * kinesis.source({ stream: 'bids', codec: json(z.object({ auction: z.string(), price: z.number() })) })
 * @throws InvalidRecordError on decode: not UTF-8, not JSON, or not what the schema expects
 */
export const json = <Schema extends StandardSchemaV1>(
  schema: Schema,
): Codec<StandardSchemaV1.InferOutput<Schema>> => {
  type Out = StandardSchemaV1.InferOutput<Schema>
  const { validate } = schema['~standard']
  return {
    name: 'json',
    decode(bytes) {
      const result = validate(parse(bytes))
      return isPromise(result) ? result.then(accepted<Out>) : accepted<Out>(result)
    },
    encode: (value) => Buffer.from(JSON.stringify(value)),
  }
}

function parse(bytes: Uint8Array): unknown {
  const buffer =
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  // Decoding replaces bytes that are not UTF-8 by U+FFFD: only then look closer.
  if (text.includes('\uFFFD') && !isUtf8(bytes)) {
    throw new InvalidRecordError('the record is not UTF-8 text: expected JSON in UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InvalidRecordError(`the record is not JSON: ${(cause as Error).message}`, {}, { cause })
  }
}

function accepted<Out>(result: StandardSchemaV1.Result<unknown>): Out {
  if (result.issues === undefined) return result.value as Out
  const found = result.issues.map(({ path, message }) => {
    const where = path?.map((part) => (typeof part === 'object' ? part.key : part)).join('.')
    return where ? `${where}: ${message}` : message
  })
  throw new InvalidRecordError(`the record does not fit the schema: ${found.join('; ')}`, { issues: found })
}
