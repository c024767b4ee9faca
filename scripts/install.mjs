#!/usr/bin/env node
// Runs before `npm start`: installs when node_modules is not what package-lock.json says. It may run on an
// old system Node, which is the case it is for: plain ES2020 and nothing but Node's own modules.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE = join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const OLDEST_NODE = 24

const problem = findProblem()
if (problem) {
  console.error(`millrace: ${problem}, running npm ci`)
  install()
}

/** What is wrong with node_modules, in words; undefined when nothing is. */
function findProblem() {
  const installed = packagesOf('node_modules/.package-lock.json')
  if (!installed) return 'the dependencies are not installed'
  const wanted = packagesOf('package-lock.json')
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || link) continue
    // The list of npm stays as it is when somebody deletes a folder.
    const found = existsSync(join(ROOT, path, 'package.json')) ? installed[path] : undefined
    if (!found && optional) continue
    if (!found) return `${path} is missing`
    if (found.version !== version) return `${path} is ${found.version} instead of ${version}`
  }
  // The binary comes from an install script: after `npm ci --ignore-scripts` the system's old Node stays.
  const version = nodeVersion()
  return Number.parseInt(version, 10) >= OLDEST_NODE ? undefined : `Node ${OLDEST_NODE} is not installed`
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT' && file.startsWith('node_modules')) return undefined
    throw error
  }
}

/** The version of the Node that the scripts of package.json find first, such as `24.1.0`. */
function nodeVersion() {
  if (!existsSync(NODE)) return '0'
  if (realpathSync(NODE) === realpathSync(process.execPath)) return process.versions.node
  const { stdout } = spawnSync(NODE, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
  return (stdout || '').replace(/^v/, '') || '0'
}

function install() {
  // npm must not run on the Node that it is about to replace.
  const path = (process.env.PATH || '')
    .split(delimiter)
    .filter((folder) => !/node_modules[\\/]\.bin$/.test(folder))
  const { status, error } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: path.join(delimiter) },
  })
  if (error) console.error(`millrace: npm did not start: ${error.message}`)
  if (status !== 0) process.exit(status || 1)
  const rest = findProblem()
  if (!rest) return
  console.error(
    `millrace: ${rest}, even after npm ci. Is npm told to ignore scripts (npm config get ignore-scripts)?`,
  )
  process.exit(1)
}
