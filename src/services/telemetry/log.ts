// The process's one log sink: pino, as JSON lines, or readable in a terminal. Whatever reaches it is reduced to
// words and ids first: no message bodies, no phone numbers, no keys.
import { Cause, Context, Layer, Logger, type LogLevel, References, Tracer } from 'effect'
import pino from 'pino'
import pretty from 'pino-pretty'
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

const words = (part: unknown): string => {
  if (typeof part === 'string') return masked(part)
  if (typeof part === 'number' || typeof part === 'boolean') return String(part)
  // Only an error's own sentence: its other properties may hold what was being processed.
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

/** Effect's log goes to pino and nowhere else. */
export const layer = (level: Level): Layer.Layer<never> => {
  const stream = process.stdout.isTTY
    ? pretty({ colorize: true, ignore: 'pid,hostname', sync: true })
    : undefined
  const sink = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stream ?? pino.destination({ sync: true })
  )
  const logger = Logger.make(({ cause, fiber, logLevel, message }) => {
    const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
    const fields: Record<string, string | number | boolean> = {}
    for (const [name, value] of Object.entries(fiber.getRef(References.CurrentLogAnnotations))) {
      fields[name] = typeof value === 'number' || typeof value === 'boolean' ? value : words(value)
    }
    // The same for all that one request led to; the answer to the request names it (x-trace-id).
    const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
    if (span !== undefined) fields['traceId'] = span.traceId
    const failures = cause.reasons.length > 0 ? [words(Cause.squash(cause))] : []
    sink[METHOD[logLevel] ?? 'info'](
      fields,
      [...parts.map(words), ...failures].filter(text => text !== '').join(': ')
    )
  })
  return Layer.mergeAll(
    Logger.layer([logger]),
    Layer.succeed(References.MinimumLogLevel, EFFECT_LEVEL[level])
  )
}
