// Runs the command that the arguments name; without one, the server.
import { run } from './app/cli/run.ts'

await run(process.argv.slice(2))
