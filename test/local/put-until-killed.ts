import { openDatabase } from '../../lib/local/database.ts'
import { LocalStreams } from '../../lib/local/streams.ts'

// Run by streams-durability.test.ts in a process of its own: puts numbers without end.

const streams = new LocalStreams(openDatabase(process.argv[2] ?? ''))
streams.create('s', { shards: 3 })
for (let offset = streams.producerOffset('s', 'p') ?? 0; ; ) {
  const records = Array.from({ length: 97 }, () => {
    const text = String(offset++)
    return { data: Buffer.from(text), partitionKey: `key ${Number(text) % 13}` }
  })
  streams.put('s', records, { producer: { name: 'p', offset } })
  process.stdout.write('.')
}
