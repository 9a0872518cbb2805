// OpenTelemetry traces: what an HTTP request led to, down to the wire and the store, including work that is done later or
// after a restart. Periodic work of the server itself is not exported. Like the log, spans hold no message bodies, phone
// numbers or keys: only listed attributes pass, and of an error only its name.
import { Clock, ConfigProvider, Effect, Exit, Layer, Option, Stream, Tracer } from 'effect'
import { FetchHttpClient, Headers, HttpClient, HttpTraceContext } from 'effect/http'
import { OtlpSerialization, OtlpTracer } from 'effect/observability'
import type { ConnectionEvent } from '../../domain/connection.ts'
import { withoutNumbers } from '../../domain/mask.ts'

const EXPORTED_ATTRIBUTES: ReadonlySet<string> = new Set([
  'accountId',
  'db.operation.name',
  'db.query.text',
  'db.system.name',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'messaging.operation.name'
])

const redactedValue = (value: unknown): unknown => (typeof value === 'string' ? withoutNumbers(value) : value)

/** The failure's name without its message, which may hold what was being processed. */
const withoutMessage = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Exit.hasInterrupts(exit)) return exit
  const [failure] = exit.cause.reasons
  const error =
    failure?._tag === 'Fail' ? failure.error : failure?._tag === 'Die' ? failure.defect : undefined
  const tagged =
    typeof error === 'object' && error !== null && '_tag' in error ? String(error._tag) : undefined
  const name = tagged ?? (error instanceof Error ? error.name : 'Error')
  const redacted = Object.assign(new Error(name), { name })
  redacted.stack = name
  return Exit.die(redacted)
}

/** Drops attributes that are not in the list, masks numbers, and keeps only the names of errors. */
const redact = (span: Tracer.Span): Tracer.Span => {
  const { name } = span
  const attribute = span.attribute.bind(span)
  const end = span.end.bind(span)
  const event = span.event.bind(span)
  return Object.assign(span, {
    attribute: (key: string, value: unknown) => {
      if (!EXPORTED_ATTRIBUTES.has(key)) return
      attribute(key, redactedValue(value))
      // A request's span is named by its route.
      if (key === 'http.route') Object.assign(span, { name: `${name} ${String(value)}` })
    },
    event: (of: string, startTime: bigint) => event(withoutNumbers(of), startTime),
    end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, withoutMessage(exit))
  })
}

/** Samples only spans of a request and what follows from one, redacted. */
const redacting = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: options => {
      const followsRequest = Option.isSome(options.parent) || options.kind === 'server'
      const span = tracer.span({
        ...options,
        name: withoutNumbers(options.name),
        sampled: options.sampled && followsRequest
      })
      return span.sampled ? redact(span) : span
    }
  })

/** Whether a collector is named. */
export const isWanted = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  [environment['OTEL_EXPORTER_OTLP_ENDPOINT'], environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']].some(
    Boolean
  )

/** Exports to the collector that OpenTelemetry's environment variables name, such as `OTEL_EXPORTER_OTLP_ENDPOINT`. */
export const layer = (environment: Readonly<Record<string, string | undefined>>): Layer.Layer<never> => {
  // A collector that is named is to get traces; the standard's default is none.
  const env = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_SERVICE_NAME: 'backscroll', ...defined(environment) }
  return Layer.effect(Tracer.Tracer, Effect.map(Tracer.Tracer, redacting)).pipe(
    Layer.provide(OtlpTracer.layerFromConfig()),
    Layer.provide([
      OtlpSerialization.layerJson,
      Layer.provide(loggingOutages, FetchHttpClient.layer),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    ])
  )
}

/** Logs once when the collector cannot be reached, and once when it is back. The server does not depend on it. */
const loggingOutages = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, client => {
    let isAway = false
    const noteAway = (away: boolean) =>
      Effect.suspend(() => {
        if (away === isAway) return Effect.void
        isAway = away
        return away
          ? Effect.logWarning('Traces cannot be sent to the collector; they are lost until it answers')
          : Effect.logInfo('Traces are sent to the collector again')
      })
    return HttpClient.transformResponse(client, answer =>
      answer.pipe(
        Effect.tap(({ status }) => noteAway(status >= 400)),
        Effect.tapError(() => noteAway(true))
      )
    )
  })
)

const defined = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )

/** The current span as a W3C `traceparent`, to be stored with work that is done later; `null` when it is not sampled. */
export const currentTrace: Effect.Effect<string | null> = Effect.map(
  Effect.option(Effect.currentSpan),
  span =>
    Option.isSome(span) && span.value.sampled
      ? (HttpTraceContext.toHeaders(span.value)['traceparent'] ?? null)
      : null
)

/** A span of deferred work, in the trace (a W3C `traceparent`) of the request that caused it. */
export const continueTrace = (name: string, trace: string | null, accountId: string) => {
  const parent = HttpTraceContext.w3c(Headers.fromInput({ traceparent: trace ?? '' }))
  return Effect.withSpan(name, {
    attributes: { accountId },
    ...(Option.isSome(parent) ? { parent: parent.value } : undefined)
  })
}

const NOT_OPENED = { _tag: 'NotOpened' } as const

/** Adds a span for a connection that a request caused, until it is open, offers a code for linking, or has failed. */
export const timedConnection = <E, R>(
  parent: Tracer.AnySpan | undefined,
  accountId: string,
  events: Stream.Stream<ConnectionEvent, E, R>
): Stream.Stream<ConnectionEvent, E, R> =>
  parent === undefined
    ? events
    : Stream.unwrap(
        Effect.gen(function* () {
          const clock = yield* Clock.Clock
          const span = yield* Effect.makeSpan('WhatsApp.opening', {
            parent,
            kind: 'client',
            attributes: { accountId }
          })
          // A span that has ended does not end again.
          const end = (exit: Exit.Exit<void, typeof NOT_OPENED>) =>
            Effect.sync(() => span.end(clock.currentTimeNanosUnsafe(), exit))
          return events.pipe(
            Stream.tap(event => {
              span.attribute('messaging.operation.name', event.type)
              if (event.type === 'socket.restrictionChanged') return Effect.void
              return end(event.type === 'socket.closed' ? Exit.fail(NOT_OPENED) : Exit.void)
            }),
            Stream.ensuring(end(Exit.void))
          )
        })
      )
