// What commands say on the terminal when they cannot do what they were asked, and the settings they run with.
import { Result } from 'effect'
import { type Config, loadConfig } from '../../config.ts'

/** Ends the process with a text on standard error. Exit code 1: it failed; 2: it was called wrongly. */
export const refuse = (text: string, code: 1 | 2 = 1): never => {
  process.stderr.write(`${text}\n`)
  process.exit(code)
}

/** The settings from the environment and a file named .env; ends the process when they are not usable. */
export const loadSettings = (onError: (message: string) => never): Config => {
  try {
    process.loadEnvFile()
  } catch {
    // No .env file: the environment alone decides.
  }
  return Result.getOrElse(loadConfig(process.env), error => onError(error.message))
}
