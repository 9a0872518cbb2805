// Runs the command that the arguments name; without one, the server.
import { run } from './app/cli/run.ts'

run(process.argv.slice(2))
