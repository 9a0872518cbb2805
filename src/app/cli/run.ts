// The command line. The server itself starts without what reads arguments: it has none to read.
const loadServe = async () => (await import('./serve.ts')).serve

/** Runs the command that the arguments name; without any, it prints help. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const [command, ...rest] = args
  if (command === 'start' && rest.length === 0) (await loadServe())({ beginsEmpty: false })
  else (await import('./command-line.ts')).runCommandLine(args)
}
