// What all commands have in common on the terminal.
import { expect, test } from 'vitest'
import { runToExit } from '../../../harness/server-process.ts'

test.each(['import', 'backup', 'migrate-store'])(
  '%s --help tells its usage, and needs no setting',
  async command => {
    const { code, output } = await runToExit({}, [command, '--help'])
    expect(output).toMatch(new RegExp(`^npm run (-s )?${command}`))
    expect(code).toBe(0)
  }
)
