// The account machine with its work: what runs in each state, what its actions do, and its delays from the settings.
import { Clock, Effect, Schedule, type Semaphore, Stream } from 'effect'
import { assign } from 'xstate'
import { type AccountFacts, type Disconnect, type Suspension, suspensionEnd } from '../domain/account.ts'
import { backoff } from '../domain/backoff.ts'
import type { Pairing } from '../domain/connection.ts'
import { disconnectRow } from '../domain/disconnect.ts'
import {
  type AccountWork,
  accountMachine,
  type SocketInput,
  type SuspensionWork
} from '../machines/account.ts'
import { AccountStore } from '../services/conversations/account-store.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { History } from '../services/history/chunks/worker.ts'
import { PeerMessages } from '../services/history/peer-messages/peer-messages.ts'
import { Placeholders } from '../services/history/placeholders/placeholders.ts'
import { Media } from '../services/media/media.ts'
import type { Incidents } from '../services/incidents/incidents.ts'
import { timedConnection } from '../services/telemetry/tracing.ts'
import { Ingest } from '../services/intake/ingest.ts'
import { Outbox } from '../services/outbox/outbox.ts'
import type { PerAccount } from '../services/process/account-memory.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import {
  endDetail,
  endIncident,
  LOGOUT_UNCONFIRMED,
  reportIncident,
  reportUnknownEnd
} from './account-incidents.ts'
import type { EffectBridge } from './effect-bridge.ts'

export type AccountServices =
  | Backfill
  | History
  | Incidents
  | Ingest
  | Media
  | Outbox
  | PeerMessages
  | Placeholders
  | AccountStore
  | WhatsApp

export interface AccountDelays {
  readonly pairingTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
}

export interface AccountSurroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How long a new connection waits for its turn, milliseconds: this time does not count towards the connect timeout. */
  readonly openingDelayMs: () => number
  /** The ways in which connections ended that nobody here knows, as far as they are reported. */
  readonly unknownEnds: PerAccount<Set<string>>
  /** Facts of an account are stored one after the other: the last one is what stays. */
  readonly factTurns: PerAccount<Semaphore.Semaphore>
}

export const makeAccountLogic = (
  bridge: EffectBridge<AccountServices>,
  delays: AccountDelays,
  { factTurns, now, openingDelayMs, unknownEnds }: AccountSurroundings
) => {
  // One that is stored after a failure must not come after a later one.
  const storeInTurn = (accountId: string, facts: AccountFacts): void =>
    bridge.run(factTurns.get(accountId).withPermit(storeFacts(accountId, facts)))
  return accountMachine.provide({
    actors: {
      socket: bridge.fromStream(
        ({ accountId, pairing }: SocketInput) =>
          timedConnection(bridge.currentSpan(), accountId, connection(accountId, pairing)),
        ({ onEvent }) => onEvent
      ),
      ingest: bridge.fromEffect(({ accountId }: AccountWork) =>
        Ingest.use(ingest => ingest.journal.loop(accountId))
      ),
      history: bridge.fromEffect(({ accountId }: AccountWork) =>
        History.use(history => history.chunks.loop(accountId))
      ),
      historyPreparation: bridge.fromEffect((_: AccountWork) => History.use(history => history.stayPrepared)),
      outbox: bridge.fromEffect(({ accountId }: AccountWork) =>
        Outbox.use(outbox => outbox.sending.loop(accountId))
      ),
      media: bridge.fromEffect(({ accountId }: AccountWork) =>
        Media.use(media => media.downloads.loop(accountId))
      ),
      mediaRequests: bridge.fromEffect(({ accountId }: AccountWork) =>
        Media.use(media => media.requests.loop(accountId))
      ),
      placeholders: bridge.fromEffect(({ accountId }: AccountWork) =>
        Placeholders.use(placeholders => placeholders.asking.loop(accountId))
      ),
      peerMessages: bridge.fromEffect(({ accountId }: AccountWork) =>
        PeerMessages.use(peerMessages => peerMessages.asking.loop(accountId))
      ),
      onlineRecord: bridge.fromEffect(({ accountId }: AccountWork) =>
        Backfill.use(backfill => backfill.recordPresence(accountId))
      ),
      historyDue: bridge.fromEffect(({ accountId }: AccountWork) => untilHistoryDue(accountId)),
      backfill: bridge.fromEffect(({ accountId }: AccountWork) => fetchHistory(accountId)),
      suspensionEnd: bridge.fromEffect(({ suspension }: SuspensionWork) =>
        suspension === null ? Effect.void : untilOver(suspension)
      )
    },
    actions: {
      remember: ({ context }, facts) => storeInTurn(context.accountId, facts),
      rememberEnd: ({ context: { accountId, lastDisconnect } }, { ended }) =>
        storeInTurn(accountId, { ended, lastDisconnect }),
      reportEnd: ({ context, event }, { kind }) => {
        const disconnect = event.type === 'socket.closed' ? event.disconnect : null
        const { pairingFailure, suspension } = context
        const detail = endDetail(kind, { disconnect, pairingFailure, suspension })
        bridge.run(reportIncident(context.accountId, endIncident(kind, detail)))
      },
      reportUnknownEnd: ({ context: { accountId, lastDisconnect } }) => {
        const isNew = lastDisconnect !== null && noteFirst(unknownEnds.get(accountId), lastDisconnect)
        if (isNew) bridge.run(reportUnknownEnd(accountId, lastDisconnect))
      },
      noteTimedOut: assign(() => ({ lastDisconnect: timedOut(now()) })),
      reportLogoutUnconfirmed: ({ context }) =>
        bridge.run(reportIncident(context.accountId, LOGOUT_UNCONFIRMED)),
      reviewOutbox: ({ context }) => bridge.run(releaseOutbox(context.accountId)),
      submitPasskey: ({ context: { accountId } }, { assertion }) =>
        bridge.run(WhatsApp.use(whatsapp => whatsapp.submitPasskey(accountId, assertion))),
      confirmPasskey: ({ context: { accountId } }) =>
        bridge.run(WhatsApp.use(whatsapp => whatsapp.confirmPasskey(accountId))),
      unlinkDevice: ({ context }) => bridge.run(requestLogout(context.accountId))
    },
    delays: {
      pairingTimeout: delays.pairingTimeoutMs,
      passkeyTimeout: ({ context: { passkey } }) => Math.max(0, (passkey?.expiresAt ?? 0) - now()),
      connectTimeout: () => delays.connectTimeoutMs + openingDelayMs(),
      backoff: ({ context }) =>
        backoff(context.attempts, { least: delays.reconnectMinMs, most: delays.reconnectMaxMs })
    }
  })
}

/** An absence is noted before the connection opens: afterwards messages from before it could not be told from new ones. */
const connection = (accountId: string, pairing: Pairing | null) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const whatsapp = yield* WhatsApp
      if (pairing === null) yield* Backfill.use(backfill => backfill.noteAbsence(accountId))
      return whatsapp.connect(accountId, pairing)
    })
  )

/** Codes come from WhatsApp: one that never gives the same twice must not fill the memory. */
const MOST_UNKNOWN_ENDS = 50

/** Whether a connection has never ended in this way before. */
const noteFirst = (known: Set<string>, { code, condition, source }: Disconnect): boolean => {
  const end = `${source} ${code} ${condition}`
  if (known.has(end) || known.size >= MOST_UNKNOWN_ENDS) return false
  known.add(end)
  return true
}

/** WhatsApp did not answer within the time in which a connection has to open. */
const timedOut = (at: number): Disconnect => {
  const end = { source: 'network', code: 408 } as const
  return { ...end, condition: null, reason: disconnectRow(end).reason, at }
}

/** Timers cannot be longer than 24 days, and the clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 30_000

const untilOver = (suspension: Suspension): Effect.Effect<void> =>
  Effect.gen(function* () {
    const left = suspensionEnd(suspension) - (yield* Clock.currentTimeMillis)
    if (left <= 0) return
    yield* Effect.sleep(Math.min(left, LONGEST_SLEEP_MS))
    yield* untilOver(suspension)
  })

/** A database that cannot be reached is no crash of the account. */
const UNTIL_DATABASE_WORKS = { schedule: Schedule.spaced('2 seconds') }

const untilHistoryDue = (accountId: string) =>
  Effect.raceFirst(
    History.use(history => history.untilBusy(accountId)),
    Backfill.use(backfill => backfill.untilDue(accountId))
  ).pipe(Effect.retry(UNTIL_DATABASE_WORKS))

const fetchHistory = (accountId: string) =>
  Effect.all(
    [
      Backfill.use(backfill => backfill.run(accountId)),
      History.use(history => history.untilDrained(accountId))
    ],
    { concurrency: 'unbounded', discard: true }
  ).pipe(Effect.retry(UNTIL_DATABASE_WORKS))

/** A short failure of the database must not lose facts. */
const FACTS_RETRIES = { schedule: Schedule.exponential('200 millis'), times: 6 }

const storeFacts = (accountId: string, facts: AccountFacts) =>
  AccountStore.use(accounts => accounts.update(accountId, facts)).pipe(
    Effect.retry(FACTS_RETRIES),
    Effect.catch(error => Effect.logError('Facts of an account could not be stored', error)),
    Effect.annotateLogs({ accountId })
  )

const releaseOutbox = (accountId: string) =>
  Outbox.use(outbox => outbox.release(accountId)).pipe(
    Effect.catch(error =>
      Effect.logWarning('Messages that a restriction held could not be released yet', error)
    )
  )

/** WhatsApp confirms a logout by closing the connection; the machine reports when it does not. */
const requestLogout = (accountId: string) =>
  WhatsApp.use(whatsapp => whatsapp.logout(accountId)).pipe(
    Effect.catch(() => Effect.logDebug('WhatsApp did not answer the logout')),
    Effect.annotateLogs({ accountId })
  )
