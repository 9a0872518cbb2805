// The process's only log sink: pino, as JSON lines, or formatted in a terminal. Everything is redacted first: no message
// bodies, no phone numbers, no keys.
import { Cause, Context, Effect, Layer, Logger, LogLevel, References, type Scope, Tracer } from 'effect'
import pino from 'pino'
import { withoutNumbers } from '../../domain/mask.ts'

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

const EFFECT_LEVEL: Readonly<Record<Level, LogLevel.LogLevel>> = {
  trace: 'Trace',
  debug: 'Debug',
  info: 'Info',
  warn: 'Warn',
  error: 'Error',
  silent: 'None'
}

const masked = (text: string): string => withoutNumbers(text.slice(0, 2000))

const redacted = (part: unknown): string => {
  if (typeof part === 'string') return masked(part)
  if (typeof part === 'number' || typeof part === 'boolean') return String(part)
  // Only an error's message: its other properties may hold what was being processed.
  if (part instanceof Error)
    return masked(
      `${part.name}: ${part.message}${part.cause instanceof Error ? ` (${part.cause.message})` : ''}`
    )
  return ''
}

const METHOD: Readonly<
  Partial<Record<LogLevel.LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>>
> = {
  Trace: 'trace',
  Debug: 'debug',
  Info: 'info',
  Warn: 'warn',
  Error: 'error',
  Fatal: 'fatal'
}

type Fields = Record<string, string | number | boolean>

/** The log annotations, and the id of the trace: the same for all that one request led to (its response has x-trace-id). */
const fieldsOf = ({ fiber }: Logger.Options<unknown>): Fields => {
  const fields: Fields = {}
  for (const [name, value] of Object.entries(fiber.getRef(References.CurrentLogAnnotations))) {
    fields[name] = typeof value === 'number' || typeof value === 'boolean' ? value : redacted(value)
  }
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  if (span !== undefined) fields['traceId'] = span.traceId
  return fields
}

const textOf = ({ cause, message }: Logger.Options<unknown>): string => {
  const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
  const failures = cause.reasons.length > 0 ? [redacted(Cause.squash(cause))] : []
  return [...parts.map(redacted), ...failures].filter(text => text !== '').join(': ')
}

/** For people in a terminal; a server that is run by a service manager need not load what formats it. */
const prettyStream = async () => {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, ignore: 'pid,hostname', sync: true })
}

/** How long the end of the server waits for whoever reads the log. */
const LAST_LINES_TIMEOUT = '2 seconds'

interface Lines extends pino.DestinationStream {
  /** Hands on what waits. */
  readonly flush?: () => void
}

/** Lines are written together when they are as long, or the first of them has waited so long. */
const TOGETHER = { characters: 16_384, waitMs: 20 }

/** Each write is a call of the system, which costs more than a line does. */
const together = (stream: pino.DestinationStream): Lines & { readonly flush: () => void } => {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (waiting !== '') stream.write(waiting)
    waiting = ''
  }
  return {
    write: line => {
      waiting += line
      if (waiting.length >= TOGETHER.characters) flush()
      else timer ??= setTimeout(flush, TOGETHER.waitMs)
    },
    flush
  }
}

/** Written in the background: whoever does not read the log must not hold up the server. Its end writes what is left. */
const inBackground = Effect.gen(function* () {
  const stream = yield* Effect.acquireRelease(
    Effect.sync(() => pino.destination({ sync: false })),
    closing =>
      Effect.callback<void>(resume => {
        closing.once('close', () => resume(Effect.void))
        closing.end()
      }).pipe(Effect.timeoutOption(LAST_LINES_TIMEOUT))
  )
  return yield* Effect.acquireRelease(
    Effect.sync(() => together(stream)),
    lines => Effect.sync(lines.flush)
  )
})

type Output = Effect.Effect<Lines, never, Scope.Scope>

const standardOutput: Output = Effect.suspend((): Output =>
  process.stdout.isTTY ? Effect.promise(prettyStream) : inBackground
)

/** Sends Effect's log to pino, and nowhere else. `output` is what the lines are written to. */
export const layer = (level: Level, output = standardOutput): Layer.Layer<never> => {
  const logger = Effect.map(output, stream => {
    const sink = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
    return Logger.make<unknown, void>(entry => {
      sink[METHOD[entry.logLevel] ?? 'info'](fieldsOf(entry), textOf(entry))
      // The server may be about to end.
      if (LogLevel.isGreaterThanOrEqualTo(entry.logLevel, 'Warn')) stream.flush?.()
    })
  })
  return Layer.mergeAll(
    Logger.layer([logger]),
    Layer.succeed(References.MinimumLogLevel, EFFECT_LEVEL[level])
  )
}
