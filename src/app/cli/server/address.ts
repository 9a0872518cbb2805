// Which server a command talks to, and with which key. A key is never an argument: arguments are in the list of processes.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Option, Result } from 'effect'
import { Flag } from 'effect/cli'
import { type CommandFailed, misused } from '../failure.ts'
import { cannotBeRead } from '../files.ts'
import { environment } from '../read-settings.ts'
import { Surroundings } from '../surroundings.ts'

export const serverFlags = {
  url: Flag.String('url').pipe(
    Flag.withDescription('Address of the server, instead of BACKSCROLL_URL'),
    Flag.optional
  ),
  keyFile: Flag.File('key-file').pipe(
    Flag.withDescription('File with the key, instead of BACKSCROLL_API_KEY'),
    Flag.optional
  )
}

export interface ServerInput {
  readonly url: Option.Option<string>
  readonly keyFile: Option.Option<string>
}

export interface Address {
  readonly url: string
  readonly key: string
}

/** The key of this machine, if somebody has put one into the data folder (docs/command-line.md). */
export const KEY_OF_FOLDER = 'cli.key'

const LONGEST_KEY = 4096
const OTHERS_CAN_READ = 0o077

type Environment = Readonly<Record<string, string | undefined>>

/** An address that listens for everybody is asked on this machine. */
const hostOf = (host: string): string => {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** The server of this machine, by its settings. */
export const localUrl = ({ HOST = '', PORT = '3000' }: Environment): string =>
  `http://${hostOf(HOST)}:${PORT}`

const urlFrom = (flag: Option.Option<string>, settings: Environment): Result.Result<string, string> => {
  const text = Option.getOrElse(flag, () => settings['BACKSCROLL_URL'] || localUrl(settings))
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    return Result.fail(
      'The address of the server begins with http:// or https://, as in http://127.0.0.1:3000'
    )
  if (url.username !== '' || url.password !== '')
    return Result.fail(
      'The address of the server has no name and no password in it: the key is given by itself'
    )
  return Result.succeed(text.replace(/\/+$/, ''))
}

/** Like ssh: a key that others can read is not used. */
const keyInFile = (file: string): Result.Result<string, string> => {
  try {
    const { mode, size } = statSync(file)
    if ((mode & OTHERS_CAN_READ) !== 0 && process.platform !== 'win32')
      return Result.fail(`Other users can read the key in ${file}. Make it yours alone: chmod 600 ${file}`)
    const key = size > LONGEST_KEY ? '' : readFileSync(file, 'utf8').trim()
    return /^\S+$/.test(key)
      ? Result.succeed(key)
      : Result.fail(`${file} holds no key: a line with nothing else is needed`)
  } catch (cause) {
    return Result.fail(cannotBeRead(file, cause))
  }
}

const fileInFolder = ({ DATA_DIR = './data' }: Environment): string => join(DATA_DIR, KEY_OF_FOLDER)

const NO_KEY = `No key is known. Set BACKSCROLL_API_KEY to the key that the first start printed, or name a file that holds one (--key-file)`

const keyFrom = (flag: Option.Option<string>, settings: Environment): Result.Result<string, string> => {
  if (Option.isSome(flag)) return keyInFile(flag.value)
  const set = settings['BACKSCROLL_API_KEY'] || settings['API_KEY']
  if (set) return Result.succeed(set)
  const file = fileInFolder(settings)
  return statSync(file, { throwIfNoEntry: false }) === undefined ? Result.fail(NO_KEY) : keyInFile(file)
}

/** The address and key that flags, environment, `.env` and data folder name, in this order. */
export const addressFrom = ({ keyFile, url }: ServerInput): Effect.Effect<Address, CommandFailed> =>
  Effect.flatMap(Surroundings, ({ env }) =>
    Effect.fromResult(
      Result.gen(function* () {
        const settings = yield* environment(env)
        return { url: yield* urlFrom(url, settings), key: yield* keyFrom(keyFile, settings) }
      })
    )
  ).pipe(Effect.mapError(misused))
