// Before the tests: bundles the server, unless the bundle is newer than the sources, and fills Node's compile cache, which
// servers that are killed never write.
import { spawnSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runToExit, SERVER_ENTRY } from '../harness/server-process.ts'

const ROOT = join(import.meta.dirname, '..')
const BUNDLE = join(ROOT, 'build', 'main.js')

/** When the newest of these files was written, milliseconds since 1970; 0 if there is none. */
const newest = (patterns: ReadonlyArray<string>): number =>
  Math.max(0, ...globSync([...patterns], { cwd: ROOT }).map(file => statSync(join(ROOT, file)).mtimeMs))

const bundle = (): void => {
  const sources = newest(['{src,demo,harness,simulator}/**/*', 'scripts/bundle.mjs', 'package-lock.json'])
  if (sources < newest(['build/main.js'])) return
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')], { stdio: 'inherit' })
  if (status !== 0) throw new Error('The server cannot be bundled')
}

export const setup = async (): Promise<void> => {
  bundle()
  process.env[SERVER_ENTRY] = BUNDLE
  // It loads everything, and is refused.
  await runToExit({ PORT: 'none' })
}
