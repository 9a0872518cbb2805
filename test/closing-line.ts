// Ends a test run with one plain line: how many tests passed and failed. A file that cannot run, or whose preparation fails, counts as a
// failure, and so does one of the checks that run beside the tests.
import type { Reporter } from 'vitest/node'

/** The variable with how many of the checks beside the tests have failed. */
export const FAILED_CHECKS = 'FAILED_CHECKS'

export class ClosingLine implements Reporter {
  onTestRunEnd(...[modules]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      const suites = [...module.children.allSuites()]
      if ([module, ...suites].some(one => one.errors().length > 0)) count.failed += 1
    }
    const left = count.skipped + count.pending
    const rest = left > 0 ? `${left} skipped, each with its reason in its name\n` : ''
    // Other reporters print when the run ends, too; this line is to be the last.
    process.once('exit', () => {
      const failed = count.failed + Number(process.env[FAILED_CHECKS] ?? 0)
      process.stdout.write(`\n${rest}${count.passed} passed, ${failed} failed\n`)
    })
  }
}
