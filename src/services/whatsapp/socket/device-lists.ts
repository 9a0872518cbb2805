// Device lists that are out of date: WhatsApp says so, and is asked again with the next message. Baileys changes the list that it keeps by
// phone number; the one by LID, which messages go by, it leaves as it was.
import { createHash } from 'node:crypto'
import { type BinaryNode, getBinaryNodeChildren, type WASocket } from '@whiskeysockets/baileys'
import { chatJid, isLidJid, isPhoneJid, LID_SERVER, userOf } from '../../../domain/jid.ts'
import type { DeviceCache } from './device-cache.ts'

/** Names a number to those who may not have it: the first bytes of a hash. */
export const notificationHash = (user: string): string =>
  createHash('md5').update(`${user}WA_ADD_NOTIF`).digest().subarray(0, 3).toString('base64')

const isDevicesNotification = ({ attrs, tag }: BinaryNode): boolean =>
  tag === 'notification' && attrs['type'] === 'devices'

const changesIn = ({ content }: BinaryNode): ReadonlyArray<BinaryNode> =>
  Array.isArray(content) ? content : []

const people = (...jids: ReadonlyArray<string | null | undefined>): ReadonlyArray<string> =>
  jids
    .map(chatJid)
    .filter(jid => jid !== undefined)
    .filter(jid => isLidJid(jid) || isPhoneJid(jid))

/**
 * Both forms of people's addresses, as far as they are stored. WhatsApp is not asked for the others, as Baileys would: whoever waited for
 * its answer would acknowledge nothing meanwhile, and anybody's notification could have it asked.
 */
export const storedForms = async (
  { authState, signalRepository }: Pick<WASocket, 'authState' | 'signalRepository'>,
  jids: ReadonlyArray<string>
): Promise<ReadonlyArray<string>> => {
  const numbers = jids.filter(isPhoneJid).map(userOf)
  const lids = numbers.length === 0 ? {} : await authState.keys.get('lid-mapping', numbers)
  const phones = await Promise.all(
    jids.filter(isLidJid).map(jid => signalRepository.lidMapping.getPNForLID(jid))
  )
  return [
    ...new Set([...jids, ...Object.values(lids).map(user => `${user}@${LID_SERVER}`), ...people(...phones)])
  ]
}

interface DeviceListOptions {
  readonly socket: WASocket
  readonly devices: DeviceCache
}

/** The users with a list whose number has this hash, and the users that their lists by LID are under. */
const usersOfHash = async (
  { devices, socket }: DeviceListOptions,
  hash: string
): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  for (const user of devices.users()) {
    if (notificationHash(user) === hash) found.push(user)
    const number = await socket.signalRepository.lidMapping.getPNForLID(`${user}@${LID_SERVER}`)
    const phoneJid = chatJid(number)
    if (phoneJid !== undefined && notificationHash(userOf(phoneJid)) === hash) found.push(user)
  }
  return found
}

/** To be called with each notification before Baileys handles it. */
export const dropOutdatedLists = async (options: DeviceListOptions, stanza: BinaryNode): Promise<void> => {
  if (!isDevicesNotification(stanza)) return
  const { devices, socket } = options
  for (const change of changesIn(stanza)) {
    const listed = getBinaryNodeChildren(change, 'device')
    const { hash } = change.attrs
    if (listed.length === 0 && hash !== undefined)
      for (const user of await usersOfHash(options, hash)) devices.del(user)
  }
  const { from, lid } = stanza.attrs
  for (const jid of await storedForms(socket, people(from, lid)))
    // The list by number gets the change from Baileys.
    if (isLidJid(jid)) devices.del(userOf(jid))
}

/** Follows what acknowledgements say: a recipient has another LID, or other devices, than the message was made for. */
export const followRefreshes = (options: DeviceListOptions, askAgain: (phoneJid: string) => void): void => {
  const { devices, socket } = options
  const refresh = async (from: string | undefined): Promise<void> => {
    for (const jid of await storedForms(socket, people(from))) {
      devices.del(userOf(jid))
      if (isPhoneJid(jid)) askAgain(jid)
    }
  }
  socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => {
    // What cannot be looked up now is said again with the next message.
    if (attrs['refresh_lid'] === 'true') refresh(attrs['from']).catch(() => undefined)
  })
}
