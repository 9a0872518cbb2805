// How every command and the server start.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Runs a command, and then asks a thread of the same process. */
const PROGRAM = `
import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'
import { launchCommand } from './src/launch.ts'
process.argv.splice(2, Infinity, '--version')
await launchCommand()
const thread = 'data:text/javascript,import { getCompileCacheDir } from "node:module"; import { parentPort } from "node:worker_threads"; parentPort.postMessage(getCompileCacheDir())'
new Worker(new URL(thread)).on('message', found => console.log('same cache:', found === getCompileCacheDir()))
`

test('threads take what Node has compiled from the cache of the main thread', async () => {
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    cwd: ROOT,
    env: environment
  })
  expect(stdout).toContain('same cache: true')
})
