// Runs an account's connection from its credentials to its end: at most one socket per account, opened when pacing allows it.
import { Clock, Deferred, Effect, Queue, Semaphore, Stream } from 'effect'
import type { ConnectionEvent, Pairing } from '../../domain/connection.ts'
import type { DatabaseError } from '../database/error.ts'
import { storageTrouble, troubleOf } from '../incidents/storage-trouble.ts'
import type { SealBroken } from '../vault/seal.ts'
import type { PasskeyCeremony } from './pairing/passkey.ts'
import { decodeCredentials } from './socket/auth-state.ts'
import { openConnection } from './socket/connection.ts'
import { agentFor } from './proxy/agent.ts'
import { reportProxyFailure } from './proxy/incidents.ts'
import type { AccountResources, ConnectionHost, ConnectionRequest } from './socket/connection-context.ts'
import type { ConnectionPacing } from './socket/connection-pacing.ts'
import { makeDeviceCache } from './socket/device-cache.ts'
import { isOtherNumber, notOpened } from './socket/disconnects.ts'
import { type LastContact, newContact } from './socket/liveness.ts'
import { afterVersionRefusal } from './version/notices.ts'

type Emit = (event: ConnectionEvent) => void

const makeAccountResources = (now: () => number): AccountResources => ({
  lock: Semaphore.makeUnsafe(1),
  devices: makeDeviceCache(now),
  groupList: { fetchedAt: -Infinity },
  contact: newContact(),
  passkey: undefined
})

/** Opens the connection with an agent of its own, and waits for its end. */
const openThrough = Effect.fnUntraced(function* (
  host: ConnectionHost,
  request: Omit<ConnectionRequest, 'agent'>
) {
  const controller = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    opened => Effect.sync(() => opened.abort())
  )
  const agent = agentFor(request.proxy, controller.signal)
  return yield* Deferred.await(yield* openConnection(host, { ...request, agent }))
})

const connectOnce = Effect.fn('WhatsApp.connect')(function* (
  host: ConnectionHost,
  pacing: ConnectionPacing,
  resources: AccountResources,
  accountId: string,
  pairing: Pairing | null,
  emit: Emit
) {
  const { accounts, appState, clientVersion, proxies, vault } = host.services
  // A new link needs new keys: those of an earlier link are of no use any more.
  if (pairing !== null) {
    yield* vault.erase(accountId)
    yield* appState.restart(accountId)
  }
  const creds = decodeCredentials(yield* vault.readCredentials(accountId))
  const record = yield* Effect.orElseSucceed(accounts.read(accountId), () => undefined)
  const belongsTo = record?.jid ?? undefined
  yield* pacing.wait
  const proxy = yield* proxies.addressOf(accountId)
  const version = yield* clientVersion.forConnection(accountId, proxy)
  const request = { accountId, creds, pairing, belongsTo, resources, version, proxy, emit }
  const end = yield* Effect.scoped(openThrough(host, request))
  // The keys of a phone that does not belong here.
  if (isOtherNumber(end)) yield* vault.erase(accountId)
  yield* reportProxyFailure({ accountId, services: host.services }, end)
  emit(yield* afterVersionRefusal(clientVersion, end, request))
})

/** A database that is away is no crash of the account: it connects when the database is back. */
const endWithoutStorage = Effect.fnUntraced(function* (
  { incidents }: ConnectionHost['services'],
  accountId: string,
  error: DatabaseError,
  emit: Emit
) {
  yield* incidents.report(storageTrouble(accountId, 'The account cannot connect', error))
  emit(notOpened(troubleOf(error).reason, yield* Clock.currentTimeMillis))
})

export interface Connecting {
  /** The passkey ceremony of the account's connection; `undefined` unless it is being linked. */
  readonly passkey: (accountId: string) => PasskeyCeremony | undefined
  /** When the account last heard WhatsApp and last sent a message, since the server started. */
  readonly lastContact: (accountId: string) => Effect.Effect<LastContact>
  readonly connect: (accountId: string, pairing: Pairing | null) => Stream.Stream<ConnectionEvent, SealBroken>
  readonly closed: (accountId: string) => Effect.Effect<void>
}

export const makeConnecting = (host: ConnectionHost, pacing: ConnectionPacing): Connecting => {
  const { memory, now } = host.services
  const held = memory.perAccount('whatsapp.accounts', () => makeAccountResources(now))
  return {
    connect: (accountId, pairing) =>
      Stream.callback(events => {
        const resources = held.get(accountId)
        const emit: Emit = event => void Queue.offerUnsafe(events, event)
        const connecting = connectOnce(host, pacing, resources, accountId, pairing, emit).pipe(
          Effect.catchTag('DatabaseError', error => endWithoutStorage(host.services, accountId, error, emit))
        )
        return Effect.andThen(resources.lock.withPermit(connecting), Queue.end(events))
      }),
    lastContact: accountId =>
      Effect.sync(() => {
        const { lastHeardAt = null, lastSentAt = null } = held.peek(accountId)?.contact ?? {}
        return { lastHeardAt, lastSentAt }
      }),
    passkey: accountId => held.peek(accountId)?.passkey,
    closed: accountId => held.peek(accountId)?.lock.withPermit(Effect.void) ?? Effect.void
  }
}
