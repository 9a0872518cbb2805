// libsignal prints whole sessions, private keys included, with console.info and similar methods. Nothing in this process
// may print through the console: the one log sink is pino, which never gets those objects.

/** Turns the console off for good. The server prints its own output through process.stdout. */
export const disableConsole = (): void => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const) {
    // oxlint-disable-next-line no-console
    console[method] = () => undefined
  }
}
