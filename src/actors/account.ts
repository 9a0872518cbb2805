// The account machine with its work: what runs in each state, what its actions do, and its delays from the settings.
import { Effect, Schedule, Stream } from 'effect'
import type { AccountFacts } from '../domain/account.ts'
import { backoff } from '../domain/backoff.ts'
import type { Pairing } from '../domain/connection.ts'
import { type AccountWork, accountMachine, type SocketInput } from '../machines/account.ts'
import { AccountStore } from '../services/conversations/account-store.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { History } from '../services/history/chunks/worker.ts'
import { Placeholders } from '../services/history/placeholders/placeholders.ts'
import { Media } from '../services/media/media.ts'
import type { Incidents } from '../services/incidents/incidents.ts'
import { timedConnection } from '../services/telemetry/tracing.ts'
import { Ingest } from '../services/intake/ingest.ts'
import { Outbox } from '../services/outbox/outbox.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { endIncident, LOGOUT_UNCONFIRMED, reportIncident } from './account-incidents.ts'
import type { EffectBridge } from './effect-bridge.ts'

export type AccountServices =
  | Backfill
  | History
  | Incidents
  | Ingest
  | Media
  | Outbox
  | Placeholders
  | AccountStore
  | WhatsApp

export interface AccountDelays {
  readonly pairingTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
}

/**
 * `openingDelayMs` answers how long a new connection waits for its turn, milliseconds: this time does not count towards the connect
 * timeout.
 */
export const makeAccountLogic = (
  bridge: EffectBridge<AccountServices>,
  delays: AccountDelays,
  openingDelayMs: () => number
) =>
  accountMachine.provide({
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
      onlineRecord: bridge.fromEffect(({ accountId }: AccountWork) =>
        Backfill.use(backfill => backfill.recordPresence(accountId))
      ),
      historyDue: bridge.fromEffect(({ accountId }: AccountWork) => untilHistoryDue(accountId)),
      backfill: bridge.fromEffect(({ accountId }: AccountWork) => fetchHistory(accountId))
    },
    actions: {
      remember: ({ context }, facts) => bridge.run(storeFacts(context.accountId, facts)),
      rememberEnd: ({ context: { accountId, lastDisconnect } }, { ended }) =>
        bridge.run(storeFacts(accountId, { ended, lastDisconnect })),
      reportEnd: ({ context, event }, { kind }) => {
        const detail =
          kind === 'notLinked' && event.type === 'socket.closed' ? `: ${event.disconnect.reason}` : ''
        bridge.run(reportIncident(context.accountId, endIncident(kind, detail)))
      },
      reportLogoutUnconfirmed: ({ context }) =>
        bridge.run(reportIncident(context.accountId, LOGOUT_UNCONFIRMED)),
      reviewOutbox: ({ context }) => bridge.run(releaseOutbox(context.accountId)),
      unlinkDevice: ({ context }) => bridge.run(requestLogout(context.accountId))
    },
    delays: {
      pairingTimeout: delays.pairingTimeoutMs,
      connectTimeout: () => delays.connectTimeoutMs + openingDelayMs(),
      backoff: ({ context }) =>
        backoff(context.attempts, { least: delays.reconnectMinMs, most: delays.reconnectMaxMs })
    }
  })

/** An absence is noted before the connection opens: afterwards messages from before it could not be told from new ones. */
const connection = (accountId: string, pairing: Pairing | null) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const whatsapp = yield* WhatsApp
      if (pairing === null) yield* Backfill.use(backfill => backfill.noteAbsence(accountId))
      return whatsapp.connect(accountId, pairing)
    })
  )

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
