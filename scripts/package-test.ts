// Packs millrace as for the registry, installs it into an empty folder and runs the README's example there.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { DRIVE, SYNTH, USER_TSCONFIG } from './package-test-files.ts'

const ROOT = join(import.meta.dirname, '..')
const PACKED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+(\.js|\.js\.map|\.d\.ts))$/
const temp = mkdtempSync(join(tmpdir(), 'millrace-package-'))
process.on('exit', () => rmSync(temp, { recursive: true, force: true }))

const tarball = pack()
checkContents(tarball)
const user = install(tarball)
checkTypes(user)
run(user, process.execPath, ['drive.ts'])
run(user, process.execPath, ['synth.ts'])
console.log('the package works')

/** Packs a copy: while npm packs, package.json is without the condition that others may be using. */
function pack(): string {
  const copy = join(temp, 'copy')
  const entries = [
    'lib',
    'cdk',
    'scripts',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.cdk.json',
  ]
  for (const entry of [...entries, 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    cpSync(join(ROOT, entry), join(copy, entry), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  run(copy, 'npm', ['pack', '--loglevel=error', '--pack-destination', temp])
  const [before, after] = [ROOT, copy].map((folder) => readFileSync(join(folder, 'package.json'), 'utf8'))
  check(before === after, 'package.json is not what it was before packing')
  const file = readdirSync(temp).find((name) => name.endsWith('.tgz'))
  check(file !== undefined, 'npm pack made no tarball')
  return join(temp, file)
}

function checkContents(tarball: string): void {
  const files = run(temp, 'tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''))
  const strangers = files.filter((path) => !PACKED.test(path))
  check(strangers.length === 0, `not meant for users: ${strangers.join(', ')}`)
  const entries = Object.values(manifest.exports).flatMap((entry) => [entry.types, entry.default])
  const wanted = ['README.md', 'LICENSE', manifest.bin.millrace, ...entries.map((path) => path.slice(2))]
  const missing = wanted.filter((path) => !files.includes(path))
  check(missing.length === 0, `not in the package: ${missing.join(', ')}`)
  console.log(`${files.length} files packed`)
}

function install(tarball: string): string {
  const folder = join(temp, 'user')
  mkdirSync(join(folder, 'functions'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const others = ['zod', '@types/node', 'aws-cdk-lib', 'constructs'] as const
  const packages = [tarball, ...others.map((name) => `${name}@${manifest.devDependencies[name]}`)]
  run(folder, 'npm', ['install', '--ignore-scripts', '--prefer-offline', '--loglevel=error', ...packages])
  const installed = readFileSync(join(folder, 'node_modules/millrace/package.json'), 'utf8')
  check(!installed.includes('"@millrace/source":'), 'the package still leads to lib/')
  writeFileSync(join(folder, 'functions/airport-delays.ts'), firstExample())
  writeFileSync(join(folder, 'tsconfig.json'), USER_TSCONFIG)
  writeFileSync(join(folder, 'drive.ts'), DRIVE)
  writeFileSync(join(folder, 'synth.ts'), SYNTH)
  return folder
}

function firstExample(): string {
  const [, example] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  check(example !== undefined, 'README.md has no ts block')
  return example
}

/** Declarations are checked too, for what is wrong in one means `any` to a user; those of others are theirs. */
function checkTypes(user: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc], { cwd: user, encoding: 'utf8' })
  const errors = stdout.split('\n').filter((line) => /^(?!node_modules\/(?!millrace\/)).*error TS/.test(line))
  check(errors.length === 0, `the example does not compile:\n${errors.join('\n')}`)
}

function run(cwd: string, command: string, args: readonly string[]): string {
  // npm tells its scripts about the project it runs in, and would work on that one instead.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const { status, stdout, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: [...stdio],
  })
  check(status === 0, `${command} ${args.join(' ')} failed: ${error?.message ?? stdout}`)
  return stdout
}

function check(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem)
}
