// The `Accounts` service on a real database, with work that never completes: no sockets, no HTTP.
import { Linking } from '../../src/services/events/linking.ts'
import { Effect, Layer, Stream } from 'effect'
import { expect, test } from 'vitest'
import * as Root from '../../src/actors/root.ts'
import { Accounts } from '../../src/services/accounts.ts'
import { AccountStore } from '../../src/services/conversations/account-store.ts'
import { Backfill } from '../../src/services/history/backfill/backfill.ts'
import { History } from '../../src/services/history/chunks/worker.ts'
import { PeerMessages } from '../../src/services/history/peer-messages/peer-messages.ts'
import { Placeholders } from '../../src/services/history/placeholders/placeholders.ts'
import { Media } from '../../src/services/media/media.ts'
import { Outbox } from '../../src/services/outbox/outbox.ts'
import { AccountMemory } from '../../src/services/process/account-memory.ts'
import { Inspection } from '../../src/services/telemetry/inspection.ts'
import { AccountProxies } from '../../src/services/whatsapp/proxy/account-proxies.ts'
import { ClientVersion } from '../../src/services/whatsapp/version/client-version.ts'
import { SessionTransfer } from '../../src/services/whatsapp/transfer/transfer.ts'
import { WhatsApp } from '../../src/services/whatsapp/whatsapp.ts'
import { servicesOn } from '../services/database.ts'

const idle = {
  runOnce: () => Effect.succeed('idle' as const),
  wake: () => Effect.void,
  loop: () => Effect.never
}

const NO_PROGRESS = {
  chunksDone: 0,
  chunksPending: 0,
  chunksFailed: 0,
  messages: 0,
  percent: null,
  messagesPerSecond: 0,
  secondsLeft: 0
}

/** A phone that does not answer before this time. */
const SILENT_UNTIL = 5

const idleServices = Layer.mergeAll(
  Layer.mock(Backfill, { silentUntil: () => SILENT_UNTIL, noteAbsence: () => Effect.void }),
  Layer.mock(History, {
    chunks: idle,
    progress: () => Effect.succeed(NO_PROGRESS),
    busy: Effect.succeed([])
  }),
  Layer.mock(Media, { policy: 'none', downloads: idle, requests: idle, removeOrphans: Effect.void }),
  Layer.mock(Outbox, { sending: idle }),
  Layer.mock(PeerMessages, { asking: idle }),
  Layer.mock(Placeholders, { asking: idle }),
  Layer.mock(AccountProxies, { shown: () => Effect.succeed(null) }),
  Layer.mock(ClientVersion, { usedBy: () => Effect.succeed(null) }),
  Layer.mock(WhatsApp, {
    connect: () => Stream.never,
    closed: () => Effect.void,
    lastContact: () => Effect.succeed({ lastHeardAt: null, lastSentAt: null }),
    openingDelayMs: Effect.succeed(0)
  })
)

const DELAYS = {
  takenBackWithinMs: 60_000,
  startPaceMs: 0,
  pairingTimeoutMs: 60_000,
  connectTimeoutMs: 60_000,
  reconnectMinMs: 60_000,
  reconnectMaxMs: 60_000
}

const withAccounts = <A, E>(
  program: (
    accounts: Accounts['Service']
  ) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof servicesOn>>>
): Promise<A> =>
  Effect.runPromise(
    Effect.flatMap(Accounts, program).pipe(
      Effect.provide(
        Root.layer(DELAYS).pipe(
          Layer.provide(Linking.layer),
          Layer.provide([idleServices, SessionTransfer.layer, Inspection.layer({ on: false })]),
          Layer.provideMerge(servicesOn())
        )
      )
    )
  )

test('an account lives by its commands, and one that its state cannot serve is refused with the state', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const { record, state } = yield* accounts.create('One')
      expect(state).toBe('stopped')
      const refused = yield* Effect.flip(accounts.send(record.accountId, { type: 'command.connect' }))
      expect(refused).toMatchObject({ _tag: 'CommandRefused', command: 'connect', state: 'stopped' })

      const pairing = yield* accounts.send(record.accountId, {
        type: 'command.pair',
        pairing: { method: 'qr' }
      })
      expect(pairing).toMatchObject({ state: 'pairing', isLinked: false, offer: null })
      expect(yield* accounts.send(record.accountId, { type: 'command.disconnect' })).toMatchObject({
        state: 'stopped'
      })
    })
  ))

test('a view holds what is in force now: no restriction that has expired', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const accountStore = yield* AccountStore
      const { record } = yield* accounts.create('One')
      const restriction = { kind: 'reachout', reason: 'For a time', until: 1 } as const
      yield* accountStore.update(record.accountId, { restriction, jid: '1@s.whatsapp.net' })
      expect(yield* accounts.state(record.accountId)).toMatchObject({
        restriction: null,
        isLinked: true,
        phoneSilentUntil: SILENT_UNTIL
      })
      expect(yield* accounts.totals(record.accountId)).toMatchObject({ counts: { threads: 0, messages: 0 } })
    })
  ))

test('of an account that was removed nothing is left in memory', () =>
  withAccounts(accounts =>
    Effect.gen(function* () {
      const memory = yield* AccountMemory
      const { accountId } = (yield* accounts.create('One')).record
      const other = (yield* accounts.create('Other')).record
      expect(yield* memory.held(accountId)).toContain('actors.states')

      yield* accounts.remove(accountId)

      expect(yield* memory.held(accountId)).toEqual([])
      expect(yield* memory.held(other.accountId)).toContain('actors.states')
      expect(yield* Effect.flip(accounts.state(accountId))).toMatchObject({
        _tag: 'AccountNotFound',
        accountId
      })
    })
  ))
