// Message stanzas without content that can be read: what their outside says of it.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'

/** As other clients name them in the place of what the stanza says otherwise. */
const PHONE_ONLY = new Set([
  'view_once',
  'view_once_unavailable_fanout',
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout'
])

const YES = new Set(['true', '1'])

/** Whether it is never shared with linked devices: view-once messages, and those of bots and hosted businesses. */
export const isForPhoneOnly = (stanza: BinaryNode): boolean => {
  const unavailable = getBinaryNodeChild(stanza, 'unavailable')
  // What has content is read.
  if (unavailable === undefined || getBinaryNodeChild(stanza, 'enc') !== undefined) return false
  const { hosted = '', type = '' } = unavailable.attrs
  return (
    PHONE_ONLY.has(type) ||
    PHONE_ONLY.has(stanza.attrs['subtype'] ?? '') ||
    YES.has(hosted) ||
    getBinaryNodeChild(stanza, 'bot') !== undefined
  )
}

/**
 * Whether what is encrypted in it changes another message, or belongs to one: an edit, a deletion, a reaction, a vote, a pin. Nothing
 * is shown in the place of such a one.
 */
export const isEncryptedAddOn = (stanza: BinaryNode): boolean => {
  const encrypted = getBinaryNodeChildren(stanza, 'enc')
  if (encrypted.length === 0) return false
  const { edit = '', type } = stanza.attrs
  return (
    edit !== '' ||
    type === 'reaction' ||
    getBinaryNodeChild(stanza, 'meta')?.attrs['polltype'] === 'vote' ||
    encrypted.some(({ attrs }) => attrs['decrypt-fail'] === 'hide')
  )
}
