import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/closing-line.ts'
import { LongestFirst } from './test/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/warm-up.ts'],
    pool: 'forks',
    // Most of a product test is waiting for sockets and processes: more files at once than cores.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Product tests start several servers; on a machine that is busy with others each start takes seconds.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()]
  }
})
