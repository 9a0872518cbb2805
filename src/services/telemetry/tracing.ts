// Traces by OpenTelemetry: what an HTTP request led to, down to the wire and the store, also what was done later and after
// a restart. Spans of a request and what follows from it are exported; the server's own rounds are not. Like the log, they
// hold no message bodies, phone numbers or keys: only named attributes pass, and of an error its name.
import { NodeHttpClient } from '@effect/platform-node'
import { Clock, ConfigProvider, Effect, Exit, Layer, Option, Stream, Tracer } from 'effect'
import { Headers, HttpClient, HttpTraceContext } from 'effect/http'
import { OtlpSerialization, OtlpTracer } from 'effect/observability'
import type { ConnectionEvent } from '../../domain/connection.ts'
import { withoutNumbers } from '../../domain/mask.ts'

const SHOWN: ReadonlySet<string> = new Set([
  'accountId',
  'db.operation.name',
  'db.query.text',
  'db.system.name',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'messaging.operation.name'
])

const shownValue = (value: unknown): unknown => (typeof value === 'string' ? withoutNumbers(value) : value)

/** The kind of a failure, without its words, which may hold what was being processed. */
const nameless = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit) || Exit.hasInterrupts(exit)) return exit
  const [failure] = exit.cause.reasons
  const error =
    failure?._tag === 'Fail' ? failure.error : failure?._tag === 'Die' ? failure.defect : undefined
  const tagged =
    typeof error === 'object' && error !== null && '_tag' in error ? String(error._tag) : undefined
  const name = tagged ?? (error instanceof Error ? error.name : 'Error')
  const shown = Object.assign(new Error(name), { name })
  shown.stack = name
  return Exit.die(shown)
}

/** A tracer whose spans show no more than the log would. */
const discreet = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: options => {
      const isAsked = Option.isSome(options.parent) || options.kind === 'server'
      const span = tracer.span({
        ...options,
        name: withoutNumbers(options.name),
        sampled: options.sampled && isAsked
      })
      if (!span.sampled) return span
      const attribute = span.attribute.bind(span)
      const end = span.end.bind(span)
      const event = span.event.bind(span)
      return Object.assign(span, {
        attribute: (key: string, value: unknown) => {
          if (!SHOWN.has(key)) return
          attribute(key, shownValue(value))
          // A request is called by what it asks for.
          if (key === 'http.route') Object.assign(span, { name: `${options.name} ${String(value)}` })
        },
        event: (name: string, startTime: bigint) => event(withoutNumbers(name), startTime),
        end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, nameless(exit))
      })
    }
  })

/** Whether a collector is named. */
export const isWanted = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  [environment['OTEL_EXPORTER_OTLP_ENDPOINT'], environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']].some(
    Boolean
  )

/** Exports to the collector that the standard's variables name, `OTEL_EXPORTER_OTLP_ENDPOINT` above all. */
export const layer = (environment: Readonly<Record<string, string | undefined>>): Layer.Layer<never> => {
  // Whoever names a collector wants traces there.
  const env = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_SERVICE_NAME: 'backscroll', ...defined(environment) }
  return Layer.effect(Tracer.Tracer, Effect.map(Tracer.Tracer, discreet)).pipe(
    Layer.provide(OtlpTracer.layerFromConfig()),
    Layer.provide([
      OtlpSerialization.layerJson,
      Layer.provide(watched, NodeHttpClient.layerUndici),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    ])
  )
}

/** A collector that cannot be reached is told once, and once more when it is back; the server does not depend on it. */
const watched = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, client => {
    let isAway = false
    const noted = (away: boolean) =>
      Effect.suspend(() => {
        if (away === isAway) return Effect.void
        isAway = away
        return away
          ? Effect.logWarning('Traces cannot be sent to the collector; they are lost until it answers')
          : Effect.logInfo('Traces are sent to the collector again')
      })
    return HttpClient.transformResponse(client, answer =>
      answer.pipe(
        Effect.tap(({ status }) => noted(status >= 400)),
        Effect.tapError(() => noted(true))
      )
    )
  })
)

const defined = (environment: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )

/** The current span as W3C writes it, to be kept with work that is done later. */
export const currentTrace: Effect.Effect<string | null> = Effect.map(
  Effect.option(Effect.currentSpan),
  span =>
    Option.isSome(span) && span.value.sampled
      ? (HttpTraceContext.toHeaders(span.value)['traceparent'] ?? null)
      : null
)

/** A span of work that was asked for in the given trace. */
export const asked = (name: string, trace: string | null, accountId: string) => {
  const parent = HttpTraceContext.w3c(Headers.fromInput({ traceparent: trace ?? '' }))
  return Effect.withSpan(name, {
    attributes: { accountId },
    ...(Option.isSome(parent) ? { parent: parent.value } : undefined)
  })
}

const NOT_OPENED = { _tag: 'NotOpened' } as const

/** Times a connection that somebody asked for, until it is open, offers to be linked, or has failed. */
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
