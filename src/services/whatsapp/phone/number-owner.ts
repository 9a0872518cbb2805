// Asks WhatsApp whose a phone number is now: which LID it has. Once a connection for each number, unless WhatsApp says that it changed.
import { USyncQuery, USyncUser, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { chatJid, isLidJid } from '../../../domain/jid.ts'
import type { OpenConnections } from '../open-connections.ts'

/** What was answered on each connection: the LIDs by number. */
const answers = new WeakMap<WASocket, Map<string, string>>()

/** Whatever is answered is stored, too, as every answer about a number. */
const ask = async (socket: WASocket, phoneJid: string): Promise<string | undefined> => {
  const query = new USyncQuery().withContext('message').withLIDProtocol()
  const answer = await socket.executeUSyncQuery(query.withUser(new USyncUser().withId(phoneJid)))
  const [lid] = (answer?.list ?? []).flatMap(user => (typeof user['lid'] === 'string' ? [user['lid']] : []))
  const jid = chatJid(lid)
  if (jid === undefined || !isLidJid(jid)) return undefined
  answers.set(socket, (answers.get(socket) ?? new Map<string, string>()).set(phoneJid, jid))
  return jid
}

/** Asks again, whatever was answered before. What is not answered now is asked with the next message. */
export const askLidAgain = async (socket: WASocket, phoneJid: string): Promise<void> => {
  answers.get(socket)?.delete(phoneJid)
  await ask(socket, phoneJid).catch(() => undefined)
}

/** The LID of a number; `undefined` when WhatsApp names none, or does not answer. */
export const makeLidOf = (connections: OpenConnections, timeoutMs: number) =>
  Effect.fn('WhatsApp.lidOf')(function* (accountId: string, phoneJid: string) {
    const { socket } = yield* connections.get(accountId)
    const before = answers.get(socket)?.get(phoneJid)
    if (before !== undefined) return before
    return yield* Effect.tryPromise(() => ask(socket, phoneJid)).pipe(
      Effect.timeout(timeoutMs),
      Effect.orElseSucceed(() => undefined)
    )
  })
