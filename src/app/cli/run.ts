// The command line: one function per command.
import { grant } from './grant.ts'
import { migrateStore } from './migrate-store.ts'
import { serve } from './serve.ts'

type Command = (args: ReadonlyArray<string>) => void

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['serve', serve],
  ['migrate-store', migrateStore],
  ['grant', grant]
])

/** Runs the command named by the first argument; without a command, the server. */
export const run = (args: ReadonlyArray<string>): void => {
  const [name = '', ...rest] = args
  const command = COMMANDS.get(name)
  if (command === undefined) serve(args)
  else command(rest)
}
