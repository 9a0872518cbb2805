// Who is online and who types, as far as WhatsApp tells this device: told to subscribers, and kept nowhere.
import type { BaileysEventMap, WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { threadIdOf } from '../../../domain/ids.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import { address } from '../convert/address.ts'
import type { Connection } from './connection-context.ts'

type Update = BaileysEventMap['presence.update']

/** Of people and groups that are known: what anybody can send must not make them known. */
export const tellPresences = (connection: Connection, socket: WASocket): void =>
  socket.ev.on('presence.update', update =>
    connection.runtime.fork(
      tell(connection, update).pipe(
        Effect.catch(error => Effect.logDebug('Who is online or types could not be told', error))
      )
    )
  )

const tell = Effect.fnUntraced(function* ({ accountId, services }: Connection, { id, presences }: Update) {
  const knownAs = (jid: string) => services.identity.find(accountId, address(jid)?.jid ?? jid)
  const chat = isGroupJid(id) ? id : yield* knownAs(id)
  if (chat === undefined) return
  for (const [jid, { lastKnownPresence: presence, lastSeen }] of Object.entries(presences)) {
    const person = yield* knownAs(jid)
    if (person === undefined) continue
    const lastSeenAt = lastSeen === undefined ? null : lastSeen * 1000
    const threadId = threadIdOf(accountId, chat)
    yield* services.liveEvents.tell('presence.changed', { accountId, threadId, person, presence, lastSeenAt })
  }
})
