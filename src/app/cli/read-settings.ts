// The settings of the server, from the environment and a file named .env in the current folder.
import { Result } from 'effect'
import { type Config, loadConfig, misspeltSettings, readEnvFile, settingNames } from '../../config.ts'

export const ENV_FILE = '.env'

/** What is set, before it is understood: variables win. */
export const environment = (
  variables: Readonly<Record<string, string | undefined>> = process.env
): Result.Result<Readonly<Record<string, string | undefined>>, string> => {
  const file = readEnvFile(ENV_FILE)
  return Result.isFailure(file)
    ? Result.fail(file.failure.message)
    : Result.succeed({ ...file.success, ...variables })
}

/** Others say which server the command line talks to. */
const isOfTheServer = (name: string): boolean => !name.startsWith('BACKSCROLL_')

/** A line for each name that was probably meant to be a setting. */
export const misspeltNames = (): ReadonlyArray<string> => {
  const file = Result.getOrElse(readEnvFile(ENV_FILE), () => ({}))
  const names = {
    file: Object.keys(file).filter(isOfTheServer),
    environment: Object.keys(process.env).filter(isOfTheServer)
  }
  return misspeltSettings(names, settingNames).map(
    ({ isInFile, meant, name }) =>
      `${name}${isInFile ? ` in ${ENV_FILE}` : ''} is no setting and is ignored. Did you mean ${meant}?`
  )
}

/** The settings, which are those of this process from now on; a sentence when they are not usable. Misspelt names are told on standard error. */
export const readSettings = (): Result.Result<Config, string> => {
  const found = environment()
  if (Result.isFailure(found)) return Result.fail(found.failure)
  for (const line of misspeltNames()) process.stderr.write(`${line}\n`)
  return Result.mapError(loadConfig(Object.assign(process.env, found.success)), ({ message }) => message)
}
