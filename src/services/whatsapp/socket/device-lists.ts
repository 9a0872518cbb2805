// Device lists that are out of date: WhatsApp says so, and is asked again with the next message. Baileys changes the list that it keeps by
// phone number; the one by LID, which messages go by, it leaves as it was.
import { createHash } from 'node:crypto'
import { type BinaryNode, getBinaryNodeChildren, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { chatJid, isLidJid, isPhoneJid, LID_SERVER, userOf } from '../../../domain/jid.ts'
import type { Identity } from '../../conversations/identity.ts'
import type { DeviceCache } from './device-cache.ts'
import type { RunPromise } from './signal-keys.ts'

/** Names a number to those who may not have it: the first bytes of a hash. */
export const notificationHash = (user: string): string =>
  createHash('md5').update(`${user}WA_ADD_NOTIF`).digest().subarray(0, 3).toString('base64')

const isDevicesNotification = ({ attrs, tag }: BinaryNode): boolean =>
  tag === 'notification' && attrs['type'] === 'devices'

const changesIn = ({ content }: BinaryNode): ReadonlyArray<BinaryNode> =>
  Array.isArray(content) ? content : []

const people = (...jids: ReadonlyArray<string | undefined>): ReadonlyArray<string> =>
  jids
    .map(chatJid)
    .filter(jid => jid !== undefined)
    .filter(jid => isLidJid(jid) || isPhoneJid(jid))

/** All addresses of the people who have these, and these themselves, as far as they are stored. */
export type KnownForms = (jids: ReadonlyArray<string>) => Promise<ReadonlyArray<string>>

/**
 * Looks addresses up in what this server has stored. Baileys' own lookup asks WhatsApp for a LID that it does not know: a notification
 * that waits for the answer is not acknowledged, and anybody's notification could have it asked.
 */
export const makeKnownForms = ({
  accountId,
  identity,
  run
}: {
  readonly accountId: string
  readonly identity: Pick<Identity['Service'], 'find' | 'lidsOf' | 'numberOf'>
  readonly run: RunPromise
}): KnownForms => {
  const formsOf = Effect.fnUntraced(function* (jid: string) {
    const person = yield* identity.find(accountId, jid)
    if (person === undefined) return []
    const number = yield* identity.numberOf(accountId, person)
    return [...(yield* identity.lidsOf(accountId, person)), ...(number === undefined ? [] : [number])]
  })
  return async jids => {
    const forms = await run(Effect.forEach(jids, formsOf))
    return [...new Set([...jids, ...forms.flat()])]
  }
}

interface DeviceListOptions {
  readonly socket: WASocket
  readonly devices: DeviceCache
  readonly knownForms: KnownForms
}

/** The users with a list whose number has this hash, and the users that their lists by LID are under. */
const usersOfHash = async (
  { devices, socket }: DeviceListOptions,
  hash: string
): Promise<ReadonlyArray<string>> => {
  const users = devices.users()
  const pairs = await socket.signalRepository.lidMapping.getPNsForLIDs(
    users.map(user => `${user}@${LID_SERVER}`)
  )
  const numbers = new Map(pairs?.map(({ lid, pn }) => [userOf(lid), chatJid(pn)]))
  return users.filter(user => {
    const number = numbers.get(user)
    return (
      notificationHash(user) === hash || (number !== undefined && notificationHash(userOf(number)) === hash)
    )
  })
}

/** To be called with each notification before Baileys handles it. */
export const dropOutdatedLists = async (options: DeviceListOptions, stanza: BinaryNode): Promise<void> => {
  if (!isDevicesNotification(stanza)) return
  const { devices, knownForms } = options
  for (const change of changesIn(stanza)) {
    const listed = getBinaryNodeChildren(change, 'device')
    const { hash } = change.attrs
    if (listed.length === 0 && hash !== undefined)
      for (const user of await usersOfHash(options, hash)) options.devices.del(user)
  }
  const { from, lid } = stanza.attrs
  for (const jid of await knownForms(people(from, lid)))
    // The list by number gets the change from Baileys.
    if (isLidJid(jid)) devices.del(userOf(jid))
}

/** Follows what acknowledgements say: a recipient has another LID, or other devices, than the message was made for. */
export const followRefreshes = (options: DeviceListOptions, askAgain: (phoneJid: string) => void): void => {
  const { devices, knownForms, socket } = options
  const refresh = async (from: string | undefined): Promise<void> => {
    for (const jid of await knownForms(people(from))) {
      devices.del(userOf(jid))
      if (isPhoneJid(jid)) askAgain(jid)
    }
  }
  socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
    // What cannot be looked up now is said again with the next message.
    if (attrs['refresh_lid'] === 'true') refresh(attrs['from']).catch(() => undefined)
  })
}
