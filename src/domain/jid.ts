// WhatsApp addresses (JIDs): every server there is, what kind of chat is behind it, and how an address is written. Pure;
// resolves nobody.

export const GROUP_SERVER = 'g.us'
export const PHONE_SERVER = 's.whatsapp.net'
export const LID_SERVER = 'lid'

/** What is behind an address. */
export type JidKind = 'person' | 'group' | 'list' | 'channel'

interface Server {
  readonly kind: JidKind
  /** The server that addresses of this one are written with. */
  readonly writtenAs: string
}

const server = (kind: JidKind, writtenAs: string): Server => ({ kind, writtenAs })

/**
 * `hosted` and `hosted.lid` are devices of a business account at Meta (the Cloud API): the person is the one whose number or LID
 * it is. `msgr` and `interop` are people of other messengers. `broadcast` has broadcast lists, and the status.
 */
const SERVERS: ReadonlyMap<string, Server> = new Map([
  [PHONE_SERVER, server('person', PHONE_SERVER)],
  ['c.us', server('person', PHONE_SERVER)],
  ['hosted', server('person', PHONE_SERVER)],
  [LID_SERVER, server('person', LID_SERVER)],
  ['hosted.lid', server('person', LID_SERVER)],
  ['bot', server('person', 'bot')],
  ['msgr', server('person', 'msgr')],
  ['interop', server('person', 'interop')],
  [GROUP_SERVER, server('group', GROUP_SERVER)],
  ['broadcast', server('list', 'broadcast')],
  ['newsletter', server('channel', 'newsletter')]
])

/** Every server that an address may be written with. */
export const JID_SERVERS: ReadonlyArray<string> = [...SERVERS.keys()]

/** Where people post statuses: for all their contacts, and in no conversation. */
export const STATUS_JID = 'status@broadcast'

const serverOf = (jid: string): string => jid.slice(jid.lastIndexOf('@') + 1)
const isOn =
  (name: string) =>
  (jid: string): boolean =>
    serverOf(jid) === name

export const isGroupJid = isOn(GROUP_SERVER)
export const isPhoneJid = isOn(PHONE_SERVER)
export const isLidJid = isOn(LID_SERVER)

/** Somebody, however addressed: a phone number, a LID, a bot, a person of another messenger. */
export const isPersonJid = (jid: string): boolean => SERVERS.get(serverOf(jid))?.kind === 'person'

/** Many people who get the same message each in a chat of their own. */
export const isBroadcastListJid = (jid: string): boolean =>
  SERVERS.get(serverOf(jid))?.kind === 'list' && jid !== STATUS_JID

const PARTS = /^([A-Za-z0-9._-]{1,64})(?::\d{1,5})?@([a-z0-9.-]{1,32})$/

/** User and server of a text that is written as an address; an agent suffix ("123_1@…") addresses the same person. */
const partsOf = (text: string | null | undefined) => {
  if (text == null || text.length > 128) return undefined
  const [, user, name] = PARTS.exec(text) ?? []
  return user === undefined || name === undefined ? undefined : { user, name }
}

/**
 * The address of a person or chat: without device and agent, `c.us` and hosted devices as the person they belong to.
 * `undefined` when it is none.
 */
export const chatJid = (text: string | null | undefined): string | undefined => {
  const parts = partsOf(text)
  const known = parts === undefined ? undefined : SERVERS.get(parts.name)
  if (parts === undefined || known === undefined) return undefined
  const user = known.kind === 'person' ? parts.user.replace(/_\d+$/, '') : parts.user
  return user === '' ? undefined : `${user}@${known.writtenAs}`
}

/** The server of members whose address has a form that nobody knows. */
const UNKNOWN_SERVER = 'unknown'

/**
 * A member of a group or list, who is always somebody: an address on a server that is not known stays as it is, and a text that
 * is no address stands for the person who is named by it.
 */
export const memberJid = (text: string): string => {
  const known = chatJid(text)
  if (known !== undefined && isPersonJid(known)) return known
  const parts = partsOf(text)
  if (parts !== undefined && !SERVERS.has(parts.name)) return `${parts.user}@${parts.name}`
  const user = text.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 64)
  return `${user.replaceAll(/^-+|-+$/g, '') || 'nobody'}@${UNKNOWN_SERVER}`
}

/** The part of an address before its server; what stands after the @ of a mention. */
export const userOf = (jid: string): string => jid.slice(0, jid.lastIndexOf('@'))

/** A channel, which WhatsApp's protocol calls a newsletter. */
export const isChannelJid = (jid: string): boolean => SERVERS.get(serverOf(jid))?.kind === 'channel'

export const isStatusJid = (jid: string): boolean => jid === STATUS_JID

/** Chats whose messages each name their writer: groups, and the statuses. In any other, the other side writes. */
export const namesWriters = (jid: string): boolean => isGroupJid(jid) || isStatusJid(jid)

/** What kind of thread an address has. */
export const threadKindOf = (jid: string): 'direct' | 'group' | 'channel' | 'status' | 'list' => {
  if (isStatusJid(jid)) return 'status'
  if (isBroadcastListJid(jid)) return 'list'
  return isGroupJid(jid) ? 'group' : isChannelJid(jid) ? 'channel' : 'direct'
}

/** People and groups. */
export const isChatJid = (jid: string): boolean => isPersonJid(jid) || isGroupJid(jid)

/** Servers of chats of which phones give no older messages on request: bots, channels, statuses, broadcast lists. */
export const SERVERS_WITHOUT_HISTORY: ReadonlyArray<string> = ['bot', 'newsletter', 'broadcast']

/** Whether a phone answers requests for older messages of a chat (its address, or its thread's id): of people and groups it does. */
export const hasHistoryOnRequest = (jid: string): boolean => !SERVERS_WITHOUT_HISTORY.includes(serverOf(jid))

/** Conversations, each with a thread: people, groups and channels. Statuses and broadcast lists are none. */
export const isThreadJid = (jid: string): boolean => isChatJid(jid) || isChannelJid(jid)

/** A phone number with its country code, as WhatsApp has it: no leading zero, E.164's length. */
const INTERNATIONAL = /^[1-9]\d{6,14}$/

/** The forms that a recipient's address can have; nothing is sent to anybody else. */
const isRecipientJid = (jid: string): boolean => {
  if (isPhoneJid(jid)) return INTERNATIONAL.test(userOf(jid))
  return isLidJid(jid) ? /^\d{1,20}$/.test(userOf(jid)) : isGroupJid(jid)
}

/** An address as an API caller writes it: a JID, or a phone number with country code in any usual spelling. */
export const recipientJid = (text: string): string | undefined => {
  if (text.includes('@')) {
    const jid = chatJid(text)
    return jid !== undefined && isRecipientJid(jid) ? jid : undefined
  }
  // "+49 (0) 151" has a zero that is dialled only within the country: nobody can tell which number is meant.
  if (!/^\+?[\d\s().-]{5,32}$/.test(text) || /\(\s*0\s*\)/.test(text)) return undefined
  const digits = text.replace(/\D/g, '')
  return INTERNATIONAL.test(digits) ? `${digits}@${PHONE_SERVER}` : undefined
}

/** The phone number of a phone JID, digits only. */
export const phoneNumberOf = (jid: string): string | undefined => (isPhoneJid(jid) ? userOf(jid) : undefined)
