// What connections need of the server.
import { Clock, Effect } from 'effect'
import { AppState } from '../app-state/app-state.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { Conversations } from '../../conversations/apply.ts'
import { Identity } from '../../conversations/identity.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import { makeUnknownKinds } from '../../conversations/unknown-kinds.ts'
import { Durability } from '../../database/durability.ts'
import { LiveEvents } from '../../events/live-events.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Journal } from '../../journal/journal.ts'
import { LiveTraffic } from '../../journal/traffic.ts'
import { AccountMemory } from '../../process/account-memory.ts'
import { makeLoopShare } from '../../process/loop-share.ts'
import { ServerTime } from '../../process/steady-clock.ts'
import { StrayRejections } from '../../process/stray-rejections.ts'
import { Wakes } from '../../process/wakes.ts'
import { Vault } from '../../vault/vault.ts'
import { AccountProxies } from '../proxy/account-proxies.ts'
import { ClientVersion } from '../version/client-version.ts'

export const connectionServices = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const incidents = yield* Incidents
  return {
    accounts: yield* AccountStore,
    appState: yield* AppState,
    context: yield* Effect.context<never>(),
    clientVersion: yield* ClientVersion,
    conversations: yield* Conversations,
    durability: yield* Durability,
    identity: yield* Identity,
    incidents,
    journal: yield* Journal,
    liveEvents: yield* LiveEvents,
    /** Of what all sockets report. */
    loopShare: makeLoopShare(),
    memory: yield* AccountMemory,
    messages: yield* MessageStore,
    proxies: yield* AccountProxies,
    stray: yield* StrayRejections,
    time: yield* ServerTime,
    traffic: yield* LiveTraffic,
    unknownKinds: makeUnknownKinds(incidents),
    vault: yield* Vault,
    wakes: yield* Wakes,
    /** Milliseconds since 1970. */
    now: () => clock.currentTimeMillisUnsafe()
  }
})

export type ConnectionServices = Effect.Success<typeof connectionServices>
