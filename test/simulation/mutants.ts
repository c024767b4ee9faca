import { type Mutant, mutant } from './mutant.ts'

/** The rules that a simulation of one stage must miss. */
export const MUTANTS: readonly Mutant[] = [
  mutant('R1: an entry goes over whatever its slot holds', [
    'state/memory-store.ts',
    'if (!free) return { committed: false, holder }',
    '',
  ]),
  mutant('R2: a lost answer is taken for a lost commit', [
    'state/log.ts',
    'return holder?.version === entry.version && holder.nonce === entry.nonce',
    'return false',
  ]),
  mutant('R2: whoever finds its version in the log takes it for its own', [
    'state/log.ts',
    'holder?.version === entry.version && holder.nonce === entry.nonce',
    'holder?.version === entry.version',
  ]),
  mutant('R3: outputs are published before the commit', [
    'runtime/batch-steps.ts',
    '.use(publishStep(stage))\n    .use(commitStep(stage))',
    '.use(commitStep(stage))\n    .use(publishStep(stage))',
  ]),
  mutant('R4: the loser of a commit answers as if it had won', [
    'runtime/middlewares/commit.ts',
    'await load(stage, batch)\n      await run(batch)',
    'batch.memory?.graph.outbox.clear()\n      return',
  ]),
  mutant('R5: memory is kept after outputs did not get through', [
    'runtime/middlewares/exclusive.ts',
    'if (batch.task.log !== undefined) batch.task.memory = undefined',
    '',
  ]),
  mutant('R5: a batch whose outputs did not get through is done', [
    'runtime/middlewares/publish.ts',
    'if (log !== undefined || !(error instanceof UndeliveredError)) throw error',
    'if (log !== undefined) return\n      if (!(error instanceof UndeliveredError)) throw error',
  ]),
  mutant('R7: a load does not publish the outbox of the head', [
    'runtime/open-task.ts',
    'if (delivered || outbox.records.length === 0) return memory',
    'if (!delivered || outbox.records.length === 0) return memory',
  ]),
  mutant('R7: an outbox is marked delivered before it is', [
    'runtime/open-task.ts',
    'await publish(stage, outbox, { task: task.id,',
    'await task.log.markDelivered()\n  await publish(stage, outbox, { task: task.id,',
  ]),
  mutant('R8: a snapshot comes when its ring has gone over what it must cover', [
    'state/snapshot.ts',
    '>= ringSize - 1',
    '>= ringSize + 1',
  ]),
  mutant('R8: an entry does not wait for its snapshot', [
    'state/snapshot.ts',
    'await blobs.put(blobName, bytes)',
    'blobs.put(blobName, bytes).catch(() => {})',
  ]),
  mutant('R8: the name of a snapshot has no nonce', [
    'state/log.ts',
    "blobName(task, version, nonce, 'snapshot')",
    "blobName(task, version, '', 'snapshot')",
  ]),
  mutant('R8: blobs of an entry are deleted when its commit seems to fail', [
    'state/log.ts',
    'if (!(await this.#append({ version, nonce, body }))) return false',
    `const won = await this.#append({ version, nonce, body }).catch(async (error: unknown) => {
      const { blobs, task } = this.#options
      const names = await blobs.list(task + '/')
      await blobs.delete(names.filter((name) => name.endsWith(nonce)))
      throw error
    })
    if (!won) return false`,
  ]),
  mutant('R8: the sweep takes snapshots whose entry may be on its way', [
    'state/blobs.ts',
    "return Number(version) <= (kind === 'snapshot' ? head : head - ringSize)",
    "return kind === 'snapshot' || Number(version) <= head - ringSize",
  ]),
  mutant('R8: the sweep takes what entries of the ring point at', [
    'state/blobs.ts',
    "(kind === 'snapshot' ? head : head - ringSize)",
    'head',
  ]),
  mutant('R8: the sweep takes all parts of a snapshot but the newest', [
    'state/blobs.ts',
    'snapshot?.parts.map(',
    'snapshot?.parts.slice(-1).map(',
  ]),
  mutant('R9: invocations of a task run beside each other in a process', [
    'runtime/task.ts',
    '    await before\n',
    '',
  ]),
  mutant('R10: what is redelivered is run again', [
    'runtime/batch.ts',
    'compareSequenceNumbers(source.sequenceNumber(index), position) <= 0) index++',
    "compareSequenceNumbers(source.sequenceNumber(index), '') <= 0) index++",
  ]),
  mutant('R10: sequence numbers are compared as Number', [
    'core/sequence-number.ts',
    'if (a.length !== b.length) return a.length - b.length',
    'if (a !== b) return Number(a) - Number(b)',
  ]),
  mutant('R12: outputs are numbered through the batch', [
    'runtime/outbox.ts',
    '      numbering.sequenceNumber = sequenceNumber\n      numbering.subSequence = subSequence\n      numbering.next = 0',
    '      numbering.sequenceNumber = sequenceNumber\n      numbering.subSequence = subSequence',
  ]),
  mutant('R13: a sink takes outputs as they come', [
    'testing/memory-table.ts',
    'else if (Buffer.compare(known.order, bytes) < 0) {',
    'else {',
  ]),
  mutant('R13: the guard leaves out the sequence number', [
    'core/order.ts',
    "const digits = sequenceNumber === '' ? '' : BigInt(sequenceNumber).toString(16)",
    "const digits = sequenceNumber === '' ? '' : ''",
  ]),
  mutant('R13: the guard leaves out the tick', [
    'core/order.ts',
    'bytes.writeUInt32BE(order.tick, head.length + 4)',
    'bytes.writeUInt32BE(0, head.length + 4)',
  ]),
  mutant('R15: what becomes of an effect is decided before its lease is over', [
    'operators/once.ts',
    'if (holder.until > now) throw this.#busy(holder, now)',
    '',
  ]),
  mutant('R15: an effect is not written down as done', [
    'operators/once.ts',
    "await this.#settle(claim, { state: 'done' })",
    '',
  ]),
  mutant('R15: an effect of which nobody knows is tried again, wanted or not', [
    'operators/once.ts',
    "if (onUnknown === 'retry') instead",
    'if (true) instead',
  ]),
  mutant('R15: a failed effect is forgotten', [
    'operators/once.ts',
    "await this.#settle(claim, { state: 'failed', failure: failureOf(error) })",
    'await this.#outside.claims.remove(key, owner)',
  ]),
  mutant('R16: an error that a retry cures does not take the batch back', [
    'runtime/run.ts',
    'memory.graph.rollback(progress.watermark)',
    '',
  ]),
  mutant('R16: the records behind an error that a retry cures are done', [
    'runtime/run.ts',
    'batch.failedAt = limit\n        batch.failure',
    'batch.failure',
  ]),
  mutant('R17: an invocation that ends by itself does not clear its attempt', [
    'runtime/middlewares/exclusive.ts',
    'await task.log.noteAttempt({ ...attempt, running: false }).catch(() => {})',
    '',
  ]),
  mutant('R17: attempts at other positions count', [
    'runtime/attempt.ts',
    'if (found === undefined || found.sequenceNumber !== position) return fresh',
    'if (found === undefined) return fresh',
  ]),
  mutant('R17: a record that ends its process is never alone', [
    'runtime/run.ts',
    'first + (batch.attempt?.limit ?? Number.POSITIVE_INFINITY)',
    'Number.POSITIVE_INFINITY',
  ]),
  mutant('R17: a record that ends its process is never given up', [
    'runtime/attempt.ts',
    'limit === 1 && attempts >= GIVE_UP_AT',
    'false',
  ]),
  mutant(
    'the watermark moves once a batch',
    [
      'runtime/ingest.ts',
      'this.watermark = watermark\n      head.advance(watermark)',
      'this.watermark = watermark',
    ],
    [
      'runtime/run.ts',
      'for (const each of graph.waiting) await each.drain(0)\n  if (end <= first) return',
      'graph.head.advance(ingest.watermark)\n  for (const each of graph.waiting) await each.drain(0)\n  if (end <= first) return',
    ],
  ),
  mutant('state is not taken back when an element fails half-way', [
    'runtime/run.ts',
    'if (error instanceof NeedsCare && !careful) careful = true\n      else ',
    'if (error instanceof NeedsCare) return\n      ',
  ]),
]
