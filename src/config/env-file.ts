// Settings from a file named .env, as Node reads it, but nothing in it is passed over in silence.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { Result, Schema } from 'effect'

/** The file is there and cannot be used. `line` counts from 1; values are never repeated: they may be secrets. */
export class EnvFileError extends Schema.TaggedError<EnvFileError>()('EnvFileError', {
  file: Schema.String,
  line: Schema.NullOr(Schema.Int),
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.file}${this.line === null ? '' : `, line ${this.line}`}: ${this.problem}`
  }
}

const MOST_BYTES = 1_048_576
const SETTING_LINE = /^\s*(?:export\s+)?[A-Z][A-Z0-9_]{2,}\s*=/
const QUOTES = ['"', "'", '`']

/** The quote that a value begins with and that its line does not close. */
const openQuote = (value: string): string | undefined =>
  QUOTES.find(quote => value.startsWith(quote) && !value.includes(quote, 1))

interface Problem {
  readonly line: number
  readonly problem: string
}

/** The first line that Node would skip, or that would swallow those after it. */
const problemIn = (text: string): Problem | undefined => {
  const lines = text.split('\n')
  const seen = new Map<string, number>()
  for (let index = 0; index < lines.length; index += 1) {
    const content = lines[index]?.trim() ?? ''
    if (content === '' || content.startsWith('#')) continue
    const line = index + 1
    const [, name, value = ''] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/.exec(content) ?? []
    if (name === undefined)
      return { line, problem: 'this is no setting. Write NAME=value, or # for a comment' }
    const earlier = seen.get(name)
    if (earlier !== undefined) return { line, problem: `${name} is set twice; line ${earlier} sets it first` }
    seen.set(name, line)
    const quote = openQuote(value)
    if (quote === undefined) continue
    const end = lines.findIndex((later, at) => at > index && later.includes(quote))
    // A value of several lines that has a setting in it is more likely a forgotten quote.
    if (end < 0 || lines.slice(index + 1, end + 1).some(later => SETTING_LINE.test(later)))
      return { line, problem: `the quote ${quote} of ${name} is not closed` }
    index = end
  }
  return undefined
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

const decode = (file: string, bytes: Buffer): Result.Result<string, EnvFileError> => {
  const refused = (problem: string) => Result.fail(new EnvFileError({ file, line: null, problem }))
  if (bytes.length > MOST_BYTES) return refused('it is larger than 1 MiB')
  if (bytes.includes(0)) return refused('it is not text in UTF-8. Save it as UTF-8')
  try {
    // Decoding drops a byte order mark, as editors on Windows write it.
    return Result.succeed(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return refused('it is not text in UTF-8. Save it as UTF-8')
  }
}

const read = (file: string): Result.Result<Buffer | undefined, EnvFileError> => {
  try {
    return Result.succeed(readFileSync(file))
  } catch (cause) {
    if (isMissing(cause)) return Result.succeed(undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    return Result.fail(
      new EnvFileError({
        file,
        line: null,
        problem: `it cannot be read (${reason}). Make it readable for this process, or remove it`
      })
    )
  }
}

/** The settings of a file; none when there is no such file. */
export const readEnvFile = (
  file: string
): Result.Result<Readonly<Record<string, string | undefined>>, EnvFileError> =>
  Result.flatMap(read(file), bytes => {
    if (bytes === undefined) return Result.succeed({})
    return Result.flatMap(decode(file, bytes), text => {
      const problem = problemIn(text)
      return problem === undefined
        ? Result.succeed(parseEnv(text))
        : Result.fail(new EnvFileError({ file, ...problem }))
    })
  })
