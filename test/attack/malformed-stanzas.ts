// Stanzas that no well-meaning client sends: those WhatsApp delivers to a linked device, each changed in a few places that a seed decides.
import { isDeepStrictEqual } from 'node:util'
import { type BinaryNode, decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import { pick, type Random } from '../chaos/random.ts'

/** Who and what the stanzas are about. */
export interface Cast {
  readonly own: string
  readonly ownLid: string
  readonly contact: string
  readonly contactLid: string
  readonly group: string
  /** A ciphertext that cannot be decrypted, and whatever else is bytes. */
  readonly bytes: Uint8Array
}

const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }

/** One of every kind that waits for an acknowledgement. */
const templates = ({ bytes, contact, contactLid, group, own, ownLid }: Cast): ReadonlyArray<BinaryNode> => {
  const t = '1764000000'
  const change = (content: ReadonlyArray<BinaryNode>) =>
    node(
      'notification',
      { from: group, type: 'w:gp2', participant: contactLid, participant_pn: contact, t },
      [...content]
    )
  const about = (type: string, content: ReadonlyArray<BinaryNode>, from = contact) =>
    node('notification', { from, type, t }, [...content])
  const callOf = (what: string) =>
    node('call', { from: contact, t }, [
      node(what, { 'call-id': 'CALL1', 'call-creator': contact, caller_pn: contact }, [
        node('audio', { enc: 'opus' })
      ])
    ])
  const encrypted = (type: string) => node('enc', { v: '2', type }, bytes)
  const member = node('participant', { jid: contactLid, phone_number: contact, type: 'admin' })
  return [
    node('message', { from: contact, type: 'text', t, notify: 'Name' }, [encrypted('pkmsg')]),
    node('message', { from: contactLid, type: 'text', t, sender_pn: contact }, [encrypted('msg')]),
    node('message', { from: group, participant: contactLid, participant_pn: contact, type: 'media', t }, [
      encrypted('skmsg'),
      encrypted('pkmsg')
    ]),
    node('message', { from: own, recipient: contact, type: 'text', t }, [encrypted('msg')]),
    node('message', { from: own, category: 'peer', type: 'text', t }, [encrypted('msg')]),
    node('message', { from: contact, type: 'text', t }, [
      node('unavailable', { type: 'view_once_unavailable_fanout' })
    ]),
    node('message', { from: 'status@broadcast', participant: contact, type: 'text', t }, [
      encrypted('skmsg')
    ]),
    node('message', { from: '120363000000000001@newsletter', t, server_id: '7' }, [
      node('plaintext', {}, bytes)
    ]),
    node('message', { from: '867051314767696@bot', t, type: 'text' }, [
      encrypted('msmsg'),
      node('bot', { edit: 'full' })
    ]),
    node('status', { from: contact, t }, [encrypted('skmsg')]),
    node('receipt', { from: contact, t, type: 'read' }, [node('list', {}, [node('item', { id: 'A1' })])]),
    node('receipt', { from: contact, t, type: 'retry' }, [
      node('retry', { count: '1', id: 'A1', t, v: '1' }),
      node('registration', {}, bytes),
      node('keys', {}, [
        node('type', {}, bytes),
        node('identity', {}, bytes),
        node('skey', {}, [node('id', {}, bytes)])
      ])
    ]),
    node('receipt', { from: group, participant: contactLid, t }, [
      node('participants', {}, [node('user', { jid: contactLid, t })])
    ]),
    node('receipt', { from: own, recipient: contact, t, type: 'sender' }),
    change([node('subject', { subject: 'Name', s_t: t, s_o: contact })]),
    change([node('create', {}, [node('group', { id: 'G', creation: t, subject: 'Name' }, [member])])]),
    change([node('add', {}, [member])]),
    change([node('remove', {}, [member])]),
    change([node('promote', {}, [member])]),
    change([node('modify', {}, [member])]),
    change([node('description', { id: 'D' }, [node('body', {}, bytes)])]),
    change([node('ephemeral', { expiration: '86400' })]),
    change([node('membership_approval_mode', {}, [node('group_join', { state: 'on' })])]),
    change([
      node('created_membership_requests', { request_method: 'invite' }, [
        node('requested_user', { jid: contactLid })
      ])
    ]),
    about('devices', [
      node('add', { device_hash: 'x' }, [node('device', { jid: contact, 'key-index': '1' })])
    ]),
    about('devices', [node('update', { hash: 'abcd' })]),
    about('encrypt', [node('identity')]),
    about('encrypt', [node('count', { value: '3' })], 's.whatsapp.net'),
    about('picture', [node('set', { jid: contact, id: '1' })]),
    about('picture', [node('delete', { jid: group })], group),
    about('account_sync', [node('devices', { dhash: 'x' }, [node('device', { jid: own })])], own),
    about('account_sync', [node('blocklist', {}, [node('item', { jid: contact, action: 'block' })])], own),
    about('server_sync', [node('collection', { name: 'regular', version: '1' })], 's.whatsapp.net'),
    about('mediaretry', [
      node('encrypt', {}, [node('enc_p', {}, bytes), node('enc_iv', {}, bytes)]),
      node('rmr', { jid: contact })
    ]),
    about('privacy_token', [
      node('tokens', {}, [node('token', { jid: own, t, type: 'trusted_contact' }, bytes)])
    ]),
    about('contacts', [node('modify', { old: contact, new: own, new_lid: ownLid })]),
    about('link_code_companion_reg', [
      node('link_code_companion_reg', { stage: 'primary_hello' }, [node('link_code_pairing_ref', {}, bytes)])
    ]),
    about('companion_reg_refresh', [node('expiration', { t })], 's.whatsapp.net'),
    about(
      'newsletter',
      [node('live_updates', {}, [node('messages', { t }, [node('message', { server_id: '7', t })])])],
      '120363000000000001@newsletter'
    ),
    about('mex', [node('update', { op_name: 'NotificationNewsletterUpdate' }, bytes)], 's.whatsapp.net'),
    about('business', [node('verified_name', { jid: contact })]),
    about('status', [node('set', {}, bytes)]),
    about('client_expiration', [node('client_expiration', { t })], 's.whatsapp.net'),
    callOf('offer'),
    callOf('terminate'),
    callOf('relaylatency')
  ]
}

const VALUES = [
  '',
  '@',
  ':',
  ':@lid',
  '@g.us',
  '@s.whatsapp.net',
  '0',
  '-1',
  'NaN',
  '1e400',
  '99999999999999999999',
  '__proto__',
  'constructor',
  'undefined',
  '\u0000',
  '\u202Eevil',
  'a'.repeat(3000),
  '1@2@3',
  '491511234567:99999@s.whatsapp.net',
  '123_1:2@lid',
  'status@broadcast',
  '1@broadcast',
  '0@s.whatsapp.net',
  '1@newsletter',
  '1@bot',
  '1@hosted.lid',
  '😀@lid'
]
/** Attributes that decide what a stanza is taken for. */
const NAMES = [
  'type',
  'participant',
  'recipient',
  'from',
  't',
  'category',
  'edit',
  'addressing_mode',
  'offline',
  'sender_lid'
]

type Content = BinaryNode['content'] | undefined

const CONTENTS: ReadonlyArray<(bytes: Uint8Array) => Content> = [
  () => undefined,
  () => [],
  () => '',
  () => new Uint8Array(0),
  bytes => bytes,
  () => [node('')],
  () => [node('enc')],
  () => [node('enc', { type: 'pkmsg' }, '')],
  () => Array.from({ length: 300 }, (_, n) => node('item', { id: `I${n}` })),
  bytes => nested(60, bytes)
]

const nested = (depth: number, bytes: Uint8Array): NonNullable<Content> =>
  depth === 0 ? bytes : [node('participants', {}, nested(depth - 1, bytes))]

const inside = (stanza: BinaryNode): ReadonlyArray<BinaryNode> => [
  stanza,
  ...(Array.isArray(stanza.content) ? stanza.content.flatMap(inside) : [])
]

type Mutation = (random: Random, target: BinaryNode, cast: Cast) => void

const MUTATIONS: ReadonlyArray<Mutation> = [
  (random, { attrs }) => {
    const names = Object.keys(attrs)
    if (names.length > 0) delete attrs[pick(random, names)]
  },
  (random, { attrs }) => {
    const names = Object.keys(attrs)
    if (names.length > 0) attrs[pick(random, names)] = pick(random, VALUES)
  },
  (random, { attrs }) => {
    attrs[pick(random, NAMES)] = pick(random, VALUES)
  },
  (random, { attrs }, { contact, contactLid, group, own, ownLid }) => {
    attrs[pick(random, ['from', 'participant', 'recipient'])] = pick(random, [
      contact,
      contactLid,
      group,
      own,
      ownLid
    ])
  },
  (random, target, { bytes }) => {
    const content = pick(random, CONTENTS)(bytes)
    if (content === undefined) delete target.content
    else target.content = content
  },
  (_, target) => {
    if (Array.isArray(target.content)) target.content = [...target.content, ...target.content]
  },
  (random, target, cast) => {
    if (Array.isArray(target.content)) target.content = [...target.content, pick(random, templates(cast))]
  }
]

/**
 * A stanza of some kind with one to four things wrong in it. Its own tag stays, and it has a new id and some sender: otherwise nobody
 * could tell whether it was acknowledged.
 */
export const malformedStanza = (random: Random, cast: Cast, id: string): BinaryNode => {
  const stanza = structuredClone(pick(random, templates(cast)))
  const wrong = 1 + Math.floor(random() * 4)
  for (let n = 0; n < wrong; n += 1) pick(random, MUTATIONS)(random, pick(random, inside(stanza)), cast)
  return { ...stanza, attrs: { ...stanza.attrs, id, from: stanza.attrs['from'] || cast.contact } }
}

/** Whether a client that reads the stanza sees what was written; otherwise it cannot name in its acknowledgement what came. */
export const isReadable = async (stanza: BinaryNode): Promise<boolean> => {
  try {
    const { attrs, tag } = await decodeBinaryNode(encodeBinaryNode(stanza))
    return isDeepStrictEqual({ attrs, tag }, { attrs: stanza.attrs, tag: stanza.tag })
  } catch {
    return false
  }
}

/** Stanzas that wait for no acknowledgement, as a server sends them that speaks no WhatsApp. */
export const unqueuedStanza = (random: Random): BinaryNode => {
  const values = VALUES.slice(0, -1)
  const attrs = Object.fromEntries(
    ['id', 'from', 'type', 'class', 'code', 't', 'xmlns']
      .filter(() => random() < 0.4)
      .map(name => [name, pick(random, [...values, 'get', 'set', 'result', 'error', 'message', 'available'])])
  )
  const tag = pick(random, ['iq', 'ack', 'ib', 'presence', 'chatstate', 'stream:features', 'hologram'])
  const content = pick(random, CONTENTS)(new Uint8Array(40).fill(7))
  return content === undefined ? node(tag, attrs) : node(tag, attrs, content)
}
