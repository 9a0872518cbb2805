// The account machine with its work: sockets, sending, storing, and the words of its ends.
import { Effect, Schedule, Stream } from 'effect'
import type { AccountFacts } from '../domain/account.ts'
import { backoff } from '../domain/backoff.ts'
import { accountMachine, type EndReason, type SocketInput } from '../machines/account.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { History } from '../services/history/chunks/worker.ts'
import { Placeholders } from '../services/history/placeholders/placeholders.ts'
import { Media } from '../services/media/media.ts'
import { Incidents, type IncidentReport } from '../services/incidents/incidents.ts'
import { timedConnection } from '../services/telemetry/tracing.ts'
import type { Conversations } from '../services/conversations/apply.ts'
import { Ingest } from '../services/intake/ingest.ts'
import { Outbox } from '../services/outbox/outbox.ts'
import { Store } from '../services/conversations/store.ts'
import { WhatsApp } from '../services/whatsapp/whatsapp.ts'
import { END_WORDS, UNLINKING } from './account-words.ts'
import type { EffectBridge } from './effect-bridge.ts'

export type AccountServices =
  | Backfill
  | History
  | Incidents
  | Conversations
  | Ingest
  | Media
  | Outbox
  | Placeholders
  | Store
  | WhatsApp

export interface AccountDelays {
  readonly pairingTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly reconnectMinMs: number
  readonly reconnectMaxMs: number
}

/** Stored facts must not be lost to a short trouble of the database. */
const REMEMBER_RETRIES = { schedule: Schedule.exponential('200 millis'), times: 6 }

/** A store that is away is no crash of the account. */
const STORE_AGAIN = { schedule: Schedule.spaced('2 seconds') }

/** `turnIn` tells how long a connection waits before it is opened, milliseconds: that is nobody's failure. */
export const makeAccountLogic = (
  bridge: EffectBridge<AccountServices>,
  delays: AccountDelays,
  turnIn: () => number
) => {
  const remembering = (accountId: string, facts: AccountFacts) =>
    Store.use(store => store.updateAccount(accountId, facts)).pipe(
      Effect.retry(REMEMBER_RETRIES),
      Effect.catch(error => Effect.logError('Facts of an account could not be stored', error)),
      Effect.annotateLogs({ accountId })
    )
  const remember = (accountId: string, facts: AccountFacts) => bridge.run(remembering(accountId, facts))

  const report = (
    accountId: string,
    news: Pick<IncidentReport, 'kind' | 'severity' | 'happened' | 'did' | 'advice'>
  ) => bridge.run(Incidents.use(incidents => incidents.report({ accountId, subject: accountId, ...news })))

  /** `because` is added to what happened. */
  const reportEnd = (accountId: string, kind: EndReason, because: string) =>
    report(accountId, {
      kind: `account.${kind}`,
      did: 'The account stays offline until a person acts; everything received is kept',
      ...END_WORDS[kind],
      happened: END_WORDS[kind].happened + because
    })

  return accountMachine.provide({
    actors: {
      socket: bridge.fromStream(
        ({ accountId, pairing }: SocketInput) =>
          timedConnection(
            bridge.asker(),
            accountId,
            Stream.unwrap(
              Effect.gen(function* () {
                const whatsapp = yield* WhatsApp
                // Noted while nothing new can come: afterwards nobody could tell what was held before the absence.
                if (pairing === null) yield* Backfill.use(backfill => backfill.beforeConnecting(accountId))
                return whatsapp.connect(accountId, pairing)
              })
            )
          ),
        ({ tell }) => tell
      ),
      ingest: bridge.fromEffect(({ accountId }) => Ingest.use(ingest => ingest.journal.loop(accountId))),
      history: bridge.fromEffect(({ accountId }) => History.use(history => history.chunks.loop(accountId))),
      outbox: bridge.fromEffect(({ accountId }) => Outbox.use(outbox => outbox.sending.loop(accountId))),
      media: bridge.fromEffect(({ accountId }) => Media.use(media => media.downloads.loop(accountId))),
      mediaRequests: bridge.fromEffect(({ accountId }) => Media.use(media => media.requests.loop(accountId))),
      placeholders: bridge.fromEffect(({ accountId }) =>
        Placeholders.use(placeholders => placeholders.asking.loop(accountId))
      ),
      attendance: bridge.fromEffect(({ accountId }) => Backfill.use(backfill => backfill.attend(accountId))),
      historyDue: bridge.fromEffect(({ accountId }) =>
        Effect.retry(
          Effect.raceFirst(
            History.use(history => history.untilBusy(accountId)),
            Backfill.use(backfill => backfill.untilDue(accountId))
          ),
          STORE_AGAIN
        )
      ),
      backfill: bridge.fromEffect(({ accountId }) =>
        Effect.retry(
          Effect.all(
            [
              Backfill.use(backfill => backfill.run(accountId)),
              History.use(history => history.untilDrained(accountId))
            ],
            { concurrency: 'unbounded', discard: true }
          ),
          STORE_AGAIN
        )
      )
    },
    actions: {
      remember: ({ context }, facts) => remember(context.accountId, facts),
      rememberEnd: ({ context }, { ended }) =>
        remember(context.accountId, { ended, lastDisconnect: context.lastDisconnect }),
      reportEnd: ({ context, event }, { kind }) =>
        reportEnd(
          context.accountId,
          kind,
          kind === 'notLinked' && event.type === 'socket.closed' ? `: ${event.disconnect.reason}` : ''
        ),
      reviewSending: ({ context }) =>
        bridge.run(
          Outbox.use(outbox => outbox.release(context.accountId)).pipe(
            Effect.catch(error => Effect.logWarning('What a restriction held waits a little longer', error))
          )
        ),
      unlinkDevice: ({ context: { accountId } }) =>
        bridge.run(
          WhatsApp.use(whatsapp => whatsapp.logout(accountId)).pipe(
            // Whether it worked is told by the connection, or by nothing at all.
            Effect.catch(() => Effect.logDebug('WhatsApp did not answer the logout')),
            Effect.annotateLogs({ accountId })
          )
        ),
      reportUnlinking: ({ context }) => report(context.accountId, UNLINKING)
    },
    delays: {
      pairingTimeout: delays.pairingTimeoutMs,
      connectTimeout: () => delays.connectTimeoutMs + turnIn(),
      backoff: ({ context }) =>
        backoff(context.attempts, { least: delays.reconnectMinMs, most: delays.reconnectMaxMs })
    }
  })
}
