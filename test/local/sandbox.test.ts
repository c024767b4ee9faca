import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Context } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { bundleFunction } from '../../lib/local/bundle.ts'
import { InProcessSandbox } from '../../lib/local/in-process-sandbox.ts'
import { WorkerSandbox, type WorkerSettings } from '../../lib/local/worker-sandbox.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const HANDLER = `
import type { Context } from 'aws-lambda'
import { suffix } from './part.ts'

let invocations = 0
let greeting = 'none'
let counter = new Int32Array(1)
export const greet = (text: string) => { greeting = text }
export const share = (shared: Int32Array) => { counter = shared }

export const handler = Object.assign(async (event: any, context: Context) => {
  invocations++
  switch (event.do) {
    case 'throw': throw new RangeError('out of range')
    case 'exit': process.exit(3)
    case 'crash': setTimeout(() => { throw new TypeError('uncaught') }); return new Promise(() => {})
    case 'loop': for (;;) Atomics.add(counter, 0, 1)
    case 'nothing': return
    case 'wait': await new Promise((resolve) => setTimeout(resolve, 20)); return invocations
  }
  return { suffix, invocations, greeting, name: context.functionName, event, date: new Date(0),
    variable: process.env.TINY, left: context.getRemainingTimeInMillis() }
}, { greet, share })
`

let folder = ''
let bundle = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  writeFileSync(
    join(folder, 'part.ts'),
    "export const suffix: string = '!'; export const unused = 'never used'",
  )
  writeFileSync(join(folder, 'tiny.ts'), HANDLER)
  writeFileSync(join(folder, 'setup.mjs'), 'export const setup = (handler, data) => handler.greet(data.text)')
  bundle = (await bundleFunction(join(folder, 'tiny.ts'), join(folder, 'bundles'))).file
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function worker(settings: Partial<WorkerSettings> = {}): WorkerSandbox {
  const sandbox = new WorkerSandbox({ functionName: 'tiny', bundle, ...settings })
  onTestFinished(() => sandbox.stop())
  return sandbox
}

describe('A worker sandbox', () => {
  test('runs the bundled handler, and passes everything through JSON', async () => {
    const sandbox = worker({ timeout: 30_000, environment: { TINY: 'yes' } })
    const answer = await sandbox.invoke({ text: 'ä', gone: undefined, time: new Date(1) })
    expect(answer).toEqual({
      suffix: '!',
      invocations: 1,
      greeting: 'none',
      name: 'tiny',
      event: { text: 'ä', time: '1970-01-01T00:00:00.001Z' },
      date: '1970-01-01T00:00:00.000Z',
      variable: 'yes',
      left: expect.any(Number),
    })
    expect(await sandbox.invoke({ do: 'nothing' })).toBeNull()
  })

  test('keeps the memory of the handler from one event to the next', async () => {
    const sandbox = worker()
    await sandbox.invoke({})
    expect(await sandbox.invoke({})).toMatchObject({ invocations: 2 })
  })

  test('has one event in the handler at a time', async () => {
    const sandbox = worker()
    const events = [1, 2, 3].map(() => sandbox.invoke({ do: 'wait' }))
    expect(await Promise.all(events)).toEqual([1, 2, 3])
  })

  test('calls the setup module with the handler and its data before the first event', async () => {
    const module = pathToFileURL(join(folder, 'setup.mjs')).href
    const sandbox = worker({ setup: { module, data: { text: 'hello' } } })
    expect(await sandbox.invoke({})).toMatchObject({ greeting: 'hello' })
  })

  test('gives the error of a handler as text with its type, and lives on', async () => {
    const sandbox = worker()
    await expect(sandbox.invoke({ do: 'throw' })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'out of range',
      failure: 'handler',
      trace: expect.stringContaining('tiny.ts'),
    })
    expect(await sandbox.invoke({})).toMatchObject({ invocations: 2 })
  })

  test.each([
    ['exit', /exited with code 3/],
    ['crash', /uncaught/],
  ])('rejects the invocation on %s, and starts anew for the next event', async (what, message) => {
    const sandbox = worker()
    await sandbox.invoke({})
    const invocation = sandbox.invoke({ do: what })
    await expect(invocation).rejects.toMatchObject({
      failure: 'exit',
      message: expect.stringMatching(message),
    })
    expect(await sandbox.invoke({})).toMatchObject({ invocations: 1 })
  })

  test('kills a handler that takes longer than the timeout, and starts anew for the next event', async () => {
    const clock = new VirtualClock()
    const sandbox = worker({ timeout: 3_000, clock })
    await sandbox.invoke({})
    const invocation = sandbox.invoke({ do: 'loop' })
    const rejected = expect(invocation).rejects.toMatchObject({
      failure: 'timeout',
      message: 'tiny: task timed out after 3.00 seconds',
    })
    await clock.advance(3_000)
    await rejected
    expect(await sandbox.invoke({})).toMatchObject({ invocations: 1 })
  })

  test('lets nothing of a killed invocation run on', async () => {
    const module = join(folder, 'share.mjs')
    writeFileSync(module, 'export const setup = (handler, data) => handler.share(data)')
    const counter = new Int32Array(new SharedArrayBuffer(4))
    const clock = new VirtualClock()
    const setup = { module: pathToFileURL(module).href, data: counter }
    const sandbox = worker({ clock, setup })
    await sandbox.invoke({})
    const rejected = expect(sandbox.invoke({ do: 'loop' })).rejects.toMatchObject({ failure: 'timeout' })
    await vi.waitFor(() => expect(Atomics.load(counter, 0)).toBeGreaterThan(0))
    await clock.advance(60_000)
    await rejected
    const count = Atomics.load(counter, 0)
    await sandbox.invoke({})
    expect(Atomics.load(counter, 0)).toBe(count)
  })

  test('tells of an export that is missing', async () => {
    await expect(worker({ handlerExport: 'main' }).invoke({})).rejects.toMatchObject({
      failure: 'load',
      message: expect.stringContaining('export const main'),
    })
  })

  test('that could not be set up loads again for the next event', async () => {
    const module = join(folder, 'late.mjs')
    const sandbox = worker({ setup: { module: pathToFileURL(module).href, data: undefined } })
    await expect(sandbox.invoke({})).rejects.toMatchObject({ failure: 'load' })
    writeFileSync(module, "export const setup = (handler) => handler.greet('at last')")
    expect(await sandbox.invoke({})).toMatchObject({ greeting: 'at last' })
  })

  test('ends with an invocation in flight when it is stopped', async () => {
    const sandbox = worker()
    await sandbox.invoke({})
    const rejected = expect(sandbox.invoke({ do: 'loop' })).rejects.toMatchObject({ failure: 'stopped' })
    await sandbox.stop()
    await rejected
    await expect(sandbox.invoke({})).rejects.toMatchObject({ failure: 'stopped' })
  })
})

describe('An in-process sandbox', () => {
  test('gives the handler the event itself and a context of Lambda', async () => {
    const clock = new VirtualClock(1_000)
    const seen: { event: unknown; context: Context; left: number[] }[] = []
    const sandbox = new InProcessSandbox({
      functionName: 'tiny',
      timeout: 5_000,
      clock,
      handler: async (event, context) => {
        const left = [context.getRemainingTimeInMillis()]
        await clock.sleep(2_000)
        seen.push({ event, context, left: [...left, context.getRemainingTimeInMillis()] })
        return 'done'
      },
    })
    const event = { Records: [] }
    const answer = sandbox.invoke(event)
    await clock.advance(2_000)
    expect(await answer).toBe('done')
    expect(seen[0]?.event).toBe(event)
    expect(seen[0]?.left).toEqual([5_000, 3_000])
    expect(seen[0]?.context).toMatchObject({
      functionName: 'tiny',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:tiny',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test('lets the error of the handler through as it is, and takes no event once stopped', async () => {
    const error = new Error('mine')
    const sandbox = new InProcessSandbox({
      functionName: 'tiny',
      handler: () => {
        throw error
      },
    })
    await expect(sandbox.invoke({})).rejects.toBe(error)
    await sandbox.stop()
    await expect(sandbox.invoke({})).rejects.toMatchObject({ failure: 'stopped' })
  })
})

describe('A bundle', () => {
  test('is one minified module with a source map, without what is not used', () => {
    const text = readFileSync(bundle, 'utf8')
    expect(bundle).toBe(join(folder, 'bundles', 'tiny.mjs'))
    expect(text).not.toContain('never used')
    expect(text).not.toContain('createRequire')
    expect(readFileSync(`${bundle}.map`, 'utf8')).toContain('tiny.ts')
  })

  test('defines require where a dependency calls it', async () => {
    writeFileSync(join(folder, 'legacy.cjs'), "exports.separator = require('node:path').sep")
    writeFileSync(
      join(folder, 'modern.ts'),
      "import { separator } from './legacy.cjs'; export const handler = () => separator",
    )
    const { file, metafile } = await bundleFunction(join(folder, 'modern.ts'), join(folder, 'bundles'))
    expect(Object.keys(metafile.outputs)).toHaveLength(2)
    expect(await worker({ bundle: file }).invoke({})).toMatch(/[/\\]/)
  })

  test('of a file with an error is refused with the place of the error', async () => {
    writeFileSync(join(folder, 'broken.ts'), 'export const handler = (')
    const building = bundleFunction(join(folder, 'broken.ts'), join(folder, 'bundles'))
    await expect(building).rejects.toThrow(ConfigurationError)
    await expect(building).rejects.toThrow(/broken\.ts:1:\d+/)
  })
})
