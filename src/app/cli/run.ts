// The command line: one function per command. Each command loads only what it needs.
import { serve } from './serve.ts'

type Command = (args: ReadonlyArray<string>) => void

const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['serve', async () => serve],
  ['migrate-store', async () => (await import('./migrate-store.ts')).migrateStore],
  ['grant', async () => (await import('./grant.ts')).grant]
])

/** Runs the command named by the first argument; without a command, the server. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const [name = '', ...rest] = args
  const command = COMMANDS.get(name)
  if (command === undefined) serve(args)
  else (await command())(rest)
}
