// WhatsApp addresses (JIDs): what kind they are and how they are written. Pure; resolves nobody.

export const GROUP_SERVER = 'g.us'
export const PHONE_SERVER = 's.whatsapp.net'
export const LID_SERVER = 'lid'
/** Where statuses are addressed to. */
export const STATUS_JID = 'status@broadcast'

const serverOf = (jid: string): string => jid.slice(jid.lastIndexOf('@') + 1)

export const isGroupJid = (jid: string): boolean => serverOf(jid) === GROUP_SERVER
export const isPhoneJid = (jid: string): boolean => serverOf(jid) === PHONE_SERVER
export const isLidJid = (jid: string): boolean => serverOf(jid) === LID_SERVER

const CHAT = /^[A-Za-z0-9._-]{1,64}(:\d{1,5})?@(s\.whatsapp\.net|lid|g\.us|c\.us|broadcast|newsletter)$/

/** The address of a person or chat: without device and agent, `c.us` in its modern form. `undefined` when it is none. */
export const chatJid = (text: string | null | undefined): string | undefined => {
  if (text == null || text.length > 128 || !CHAT.test(text)) return undefined
  const at = text.lastIndexOf('@')
  const server = text.slice(at + 1)
  const user = text.slice(0, at).replace(/:\d+$/, '')
  if (server === 'c.us') return `${user}@${PHONE_SERVER}`
  // An agent suffix ("123_1@…") addresses the same person; groups may contain "-" but never "_".
  return server === GROUP_SERVER || server === 'broadcast' || server === 'newsletter'
    ? `${user}@${server}`
    : `${user.replace(/_\d+$/, '')}@${server}`
}

export const isPersonJid = (jid: string): boolean => isPhoneJid(jid) || isLidJid(jid)

/** A channel, which WhatsApp's protocol calls a newsletter. */
export const isChannelJid = (jid: string): boolean => serverOf(jid) === 'newsletter'

/** What has a thread: people, groups and channels. Statuses and broadcast lists are no conversations. */
export const isThreadJid = (jid: string): boolean => isChatJid(jid) || isChannelJid(jid)

/** Those that can be written to, and that the phone has the history of: people and groups. */
export const isChatJid = (jid: string): boolean => isPersonJid(jid) || isGroupJid(jid)

/** A phone number with its country code, as WhatsApp has it: no leading zero, E.164's length. */
const INTERNATIONAL = /^[1-9]\d{6,14}$/

/** An address as an API caller writes it: a JID, or a phone number with country code in any usual spelling. */
export const recipientJid = (text: string): string | undefined => {
  if (text.includes('@')) {
    const jid = chatJid(text)
    if (jid === undefined || !isChatJid(jid)) return undefined
    const user = jid.slice(0, jid.lastIndexOf('@'))
    return isGroupJid(jid) || (isPhoneJid(jid) ? INTERNATIONAL : /^\d{1,20}$/).test(user) ? jid : undefined
  }
  // "+49 (0) 151" has a zero that is dialled only within the country: nobody can tell which number is meant.
  if (!/^\+?[\d\s().-]{5,32}$/.test(text) || /\(\s*0\s*\)/.test(text)) return undefined
  const digits = text.replace(/\D/g, '')
  return INTERNATIONAL.test(digits) ? `${digits}@${PHONE_SERVER}` : undefined
}

/** The phone number of a phone JID, digits only. */
export const phoneNumberOf = (jid: string): string | undefined =>
  isPhoneJid(jid) ? jid.slice(0, jid.lastIndexOf('@')) : undefined
