// Asks WhatsApp whose a phone number is now: which LID it has. Once a connection for each number.
import { USyncQuery, USyncUser, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { chatJid, isLidJid } from '../../../domain/jid.ts'
import type { OpenConnections } from '../open-connections.ts'

const ask = async (socket: WASocket, phoneJid: string): Promise<string | undefined> => {
  const query = new USyncQuery().withContext('message').withLIDProtocol()
  const answer = await socket.executeUSyncQuery(query.withUser(new USyncUser().withId(phoneJid)))
  const [lid] = (answer?.list ?? []).flatMap(user => (typeof user['lid'] === 'string' ? [user['lid']] : []))
  const jid = chatJid(lid)
  return jid !== undefined && isLidJid(jid) ? jid : undefined
}

/** The LID of a number; `undefined` when WhatsApp names none, or does not answer. */
export const makeLidOf = (connections: OpenConnections, timeoutMs: number) => {
  const answers = new WeakMap<WASocket, Map<string, string>>()
  return Effect.fn('WhatsApp.lidOf')(function* (accountId: string, phoneJid: string) {
    const { socket } = yield* connections.get(accountId)
    const known = answers.get(socket) ?? new Map<string, string>()
    const before = known.get(phoneJid)
    if (before !== undefined) return before
    const lid = yield* Effect.tryPromise(() => ask(socket, phoneJid)).pipe(
      Effect.timeout(timeoutMs),
      Effect.orElseSucceed(() => undefined)
    )
    if (lid !== undefined) answers.set(socket, known.set(phoneJid, lid))
    return lid
  })
}
