// Runs the command that the arguments name; without one, the server.
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

// What Node has compiled once it need not compile again: a start takes two thirds of the time. The cache is code, so it lies
// beside the code, not in a folder that other users of the machine can write to.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'backscroll'))
const FLUSH_AFTER_MS = 3000
const { run } = await import('./app/cli/run.ts')
await run(process.argv.slice(2))
// Node writes it at the exit, too, which a server that is killed never comes to. What a start has run is in it only once it has run.
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref()
