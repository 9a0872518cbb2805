// Addresses. A person has two: a phone number (`@s.whatsapp.net`) and a LID (`@lid`); both may carry a device number.

export const PHONE_SERVER = 's.whatsapp.net'
export const LID_SERVER = 'lid'
/** Devices of business accounts that Meta runs: of a number, and of a LID. */
export const HOSTED_SERVER = 'hosted'
export const HOSTED_LID_SERVER = 'hosted.lid'
export const HOSTED_DEVICE = 99
export const GROUP_SERVER = 'g.us'
/** The server itself: an address without a user. */
export const SERVER_JID = '@s.whatsapp.net'
export const STATUS_JID = 'status@broadcast'

export interface Jid {
  readonly user: string
  readonly server: string
  readonly device: number | undefined
}

export type Addressing = 'pn' | 'lid'

/** Understands `user@server`, `user:device@server` and `user_agent:device@server`. */
export const parseJid = (text: string | undefined): Jid | undefined => {
  if (!text) return undefined
  const at = text.lastIndexOf('@')
  if (at < 0) return { user: '', server: text, device: undefined }
  const server = text.slice(at + 1)
  const [name = '', deviceText] = text.slice(0, at).split(':')
  const user = name.split('_')[0] ?? ''
  const device = deviceText === undefined || deviceText === '' ? undefined : Number(deviceText)
  if (device !== undefined && !(Number.isInteger(device) && device >= 0 && device < 1000)) return undefined
  return { user, server: server === 'c.us' ? PHONE_SERVER : server, device }
}

export const formatJid = (user: string, server: string, device?: number): string =>
  device ? `${user}:${device}@${server}` : `${user}@${server}`

/** A broadcast list, which is no status. */
export const isListJid = (text: string | undefined): boolean =>
  text?.endsWith('@broadcast') === true && text !== STATUS_JID

/** A channel, which the protocol calls a newsletter. */
export const isChannelJid = (text: string | undefined): boolean => text?.endsWith('@newsletter') === true

export const isGroupJid = (text: string | undefined): boolean => text?.endsWith(`@${GROUP_SERVER}`) === true

export const addressingOf = (jid: Jid): Addressing => (jid.server === LID_SERVER ? 'lid' : 'pn')

export const otherAddressing = (addressing: Addressing): Addressing => (addressing === 'lid' ? 'pn' : 'lid')

/** The attribute beside an address that carries the other address: `sender_pn` beside a LID, `sender_lid` beside a number. */
export const otherAttribute = (name: string, addressing: Addressing): string =>
  `${name}_${otherAddressing(addressing)}`
