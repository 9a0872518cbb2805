// Ends a test run with one plain line: how many tests passed and failed. A file that cannot run counts as a failure.
import type { Reporter } from 'vitest/node'

export class ClosingLine implements Reporter {
  onTestRunEnd(...[modules]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      if (module.errors().length > 0) count.failed += 1
    }
    const left = count.skipped + count.pending
    const rest = left > 0 ? `${left} skipped, each with its reason in its name\n` : ''
    // Other reporters print when the run ends, too; this line is to be the last.
    process.once('exit', () =>
      process.stdout.write(`\n${rest}${count.passed} passed, ${count.failed} failed\n`)
    )
  }
}
