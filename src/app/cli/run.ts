// The command line: one function per command. Each command loads only what it needs.
type Command = (args: ReadonlyArray<string>) => void

const loadServe = async (): Promise<Command> => (await import('./serve.ts')).serve

const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['serve', loadServe],
  ['migrate-store', async () => (await import('./migrate-store.ts')).migrateStore],
  ['backup', async () => (await import('./backup.ts')).backup],
  ['restore', async () => (await import('./backup.ts')).restore],
  ['import', async () => (await import('./sessions.ts')).importSession],
  ['export', async () => (await import('./sessions.ts')).exportSession],
  ['grant', async () => (await import('./grant.ts')).grant]
])

/** Runs the command named by the first argument; without a command, the server. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const [name = '', ...rest] = args
  const command = COMMANDS.get(name)
  if (command === undefined) (await loadServe())(args)
  else (await command())(rest)
}
