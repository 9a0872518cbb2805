import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/closing-line.ts'
import { LongestFirst } from './test/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/warm-up.ts'],
    pool: 'forks',
    // Loading the libraries anew for each of 140 files would cost a third of the suite's processor time.
    isolate: false,
    // Most of a product test is waiting for sockets and processes: more files at once than cores.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // On a machine that is busy with others, a product test takes several times its usual ten seconds.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()]
  }
})
