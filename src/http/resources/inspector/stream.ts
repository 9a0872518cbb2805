// The inspector's stream: a WebSocket that shows what the actors do. It is outside the contract, so it checks for itself
// who may open it: whoever has a ticket, which only an admin can create, or the API key.
import { Clock, Effect, Layer, Option, Stream } from 'effect'
import { HttpRouter, type HttpServerRequest } from 'effect/http'
import { Socket } from 'effect/socket'
import { Accounts } from '../../../services/accounts.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Inspection } from '../../../services/telemetry/inspection.ts'
import { isAdmin } from '../../../domain/grant.ts'
import { credentialIn, Identification } from '../../auth/identification.ts'
import { plainProblem } from '../../problems.ts'
import { isUpgrade, type Send, SERVER_STOPS, serveWebSocket, UPGRADED } from '../../web-sockets.ts'
import { HOW_TO_SWITCH_ON } from './contract.ts'
import { STREAM_PATH } from './stream-path.ts'
import { InspectorTickets } from './tickets.ts'

const SWITCHED_OFF = new Socket.CloseEvent(4000, 'The inspector was switched off')
const TOO_MANY = 4001

/** Writes what happens until the inspector ends the stream; returns why it ended. */
const writeEvents = Effect.fnUntraced(
  function* (accountId: string | undefined, send: Send) {
    const inspection = yield* Inspection
    yield* Stream.runForEach(inspection.watch(accountId), send)
    return (yield* inspection.isOn) ? SERVER_STOPS : SWITCHED_OFF
  },
  Effect.catchTags({
    InspectorOff: () => Effect.succeed(SWITCHED_OFF),
    TooManyViewers: ({ most }) =>
      Effect.succeed(new Socket.CloseEvent(TOO_MANY, `At most ${most} viewers can be connected`))
  })
)

/** Serves one viewer until it leaves, the inspector is switched off, or the server stops. */
const serve = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  accountId: string | undefined
) {
  const inspection = yield* Inspection
  const stopping = yield* Stopping
  const ended = Effect.raceFirst(
    Effect.as(inspection.off, SWITCHED_OFF),
    Effect.as(stopping.requested, SERVER_STOPS)
  )
  yield* serveWebSocket(request, send => writeEvents(accountId, send), ended)
})

/** Whether the request has a valid ticket, which is used up, or an administrator's credential. */
const mayOpen = Effect.fnUntraced(function* (ticket: string, request: HttpServerRequest.HttpServerRequest) {
  const tickets = yield* InspectorTickets
  const { identify } = yield* Identification
  if (tickets.redeem(ticket, yield* Clock.currentTimeMillis)) return true
  const caller = yield* Effect.option(identify(credentialIn(request)))
  return Option.isSome(caller) && isAdmin(caller.value.grant)
})

const isAccount = (accountId: string) =>
  Effect.map(Effect.option(Accounts.use(accounts => accounts.state(accountId))), Option.isSome)

/** Why the stream cannot be opened; `undefined` when it can. */
const refusalOf = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  query: URLSearchParams
) {
  const inspection = yield* Inspection
  if (!(yield* mayOpen(query.get('ticket') ?? '', request))) {
    return plainProblem(
      'unauthorized',
      'POST /v1/inspector/tickets creates a ticket for one connection, valid for 30 seconds'
    )
  }
  if (!(yield* inspection.isOn)) return plainProblem('inspector-off', HOW_TO_SWITCH_ON)
  const accountId = query.get('accountId')
  if (accountId !== null && !(yield* isAccount(accountId))) {
    return plainProblem('not-found', 'There is no such account; GET /v1/accounts lists all accounts')
  }
  if (!isUpgrade(request)) {
    return plainProblem('upgrade-required', 'Connect with a WebSocket client; GET /inspect is the page', {
      upgrade: 'websocket'
    })
  }
  return undefined
})

const open = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const query = new URL(request.url, 'http://localhost').searchParams
  const refusal = yield* refusalOf(request, query)
  if (refusal !== undefined) return refusal
  // A viewer may leave at any moment, which is no error.
  yield* Effect.ignore(serve(request, query.get('accountId') ?? undefined))
  return UPGRADED
})

export const streamLayer = Layer.unwrap(
  Effect.map(
    Effect.context<Accounts | Identification | Inspection | InspectorTickets | Stopping>(),
    services => HttpRouter.add('GET', STREAM_PATH, request => Effect.provideContext(open(request), services))
  )
)
