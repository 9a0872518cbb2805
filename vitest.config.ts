import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import { ClosingLine } from './test/closing-line.ts'
import { LongestFirst } from './test/longest-first.ts'

// A process for each product test compiles the same libraries: once is enough.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'tests')

/** Files that use Firebase's client: a process that has not loaded it is quicker. */
const WITH_FIREBASE = [
  ...globSync('test/{attack,chaos,e2e}/**/*.test.ts', { cwd: import.meta.dirname }).filter(file =>
    /firestore|firebase|bucket/i.test(readFileSync(join(import.meta.dirname, file), 'utf8'))
  ),
  'test/{app,firestore,storage}/**/*.test.ts',
  'test/services/{firebase,firestore}/**/*.test.ts',
  'test/services/conversations/contract.test.ts'
]

/** Tests load of each library what the server loads, not what some have for developers: that is slower, and not what runs. */
const AS_THE_SERVER_RESOLVES: Plugin = {
  name: 'as-the-server-resolves',
  configResolved: ({ ssr }) => {
    ssr.resolve = { ...ssr.resolve, conditions: [] }
  }
}

export default defineConfig({
  plugins: [AS_THE_SERVER_RESOLVES],
  test: {
    globalSetup: ['test/checks.ts', 'test/warm-up.ts'],
    pool: 'forks',
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Most of a product test is waiting for sockets and processes: more files at once than cores.
    maxWorkers: 4,
    // Files share processes: what one has loaded and made fast is there for the next. Loading it anew for each of two hundred files
    // would cost a third of the suite's processor time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // On a machine that is busy with others, a product test takes several times its usual ten seconds. The few longer ones say so.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: { name: 'firebase', include: WITH_FIREBASE, setupFiles: ['test/own-environment.ts'] }
      },
      { extends: true, test: { name: 'others', include: ['test/**/*.test.ts'], exclude: WITH_FIREBASE } }
    ]
  }
})
