// Runs what the arguments name: the server's own entry starts the server without any, the command `backscroll` prints its help.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * An account holds many small keys, and each keeps the whole pool that it was cut from. With Node's own 64 KiB, that is a fifth of an
 * account's memory.
 */
const POOL_BYTES = 8 * 1024

/** Node 22 calls its SQLite experimental at each start: the versions that this program runs on have what it uses. */
const leaveOutWarningOfSqlite = (): void => {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', warning => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return
    for (const listener of listeners) listener(warning)
  })
}

const launch = async (args: ReadonlyArray<string>): Promise<void> => {
  // What Node has compiled once it need not compile again: a start takes two thirds of the time. The cache is code, so it lies
  // beside the code, not in a folder that other users of the machine can write to.
  const cache = join(import.meta.dirname, '..', 'node_modules', '.cache', 'backscroll')
  enableCompileCache(cache)
  // Threads take it from here.
  process.env['NODE_COMPILE_CACHE'] ??= cache
  Buffer.poolSize = POOL_BYTES
  leaveOutWarningOfSqlite()
  const { run } = await import('./app/cli/run.ts')
  await run(args)
  // Node writes it at the exit, too, which a server that is killed never comes to.
  flushCompileCache()
}

export const launchCommand = (): Promise<void> => launch(process.argv.slice(2))

export const launchServer = (): Promise<void> => {
  const args = process.argv.slice(2)
  return launch(args[0] === undefined || args[0].startsWith('-') ? ['start', ...args] : args)
}
