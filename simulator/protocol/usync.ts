// The `usync` query: who exists, which devices they have, which LID belongs to which phone number, what their status is.
import type { Account, Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, child, children, element, textOf } from '../wire/binary-node.ts'
import { LID_SERVER, parseJid } from '../wire/jid.ts'
import { queryError, queryResult } from '../wire/stanza.ts'

const USERS_LIMIT = 10_000
/** The last three are known, and nobody has any. */
const PROTOCOLS = new Set([
  'contact',
  'devices',
  'lid',
  'status',
  'disappearing_mode',
  'picture',
  'business',
  'bot',
  'username'
])
const NOT_IMPLEMENTED = { code: 501, text: 'feature-not-implemented' }

export const answerUsync = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const usync = child(query, 'usync')
  const protocols = children(child(usync, 'query')).map(node => node.tag)
  const users = children(child(usync, 'list'), 'user')
  if (!usync || protocols.length === 0 || users.length > USERS_LIMIT)
    return queryError(query, 400, 'bad-request')
  const answers = users.flatMap(user => answerUser(network, companion, protocols, user))
  return queryResult(query, [
    element('usync', { ...usync.attrs }, [
      element(
        'result',
        {},
        protocols.map(protocol =>
          element(protocol, {}, PROTOCOLS.has(protocol) ? undefined : [element('error', NOT_IMPLEMENTED)])
        )
      ),
      element('list', {}, answers)
    ])
  ])
}

const answerUser = (
  network: Network,
  companion: Companion,
  protocols: string[],
  user: BinaryNode
): BinaryNode[] => {
  const phone = textOf(child(user, 'contact'))
  const named = user.attrs.jid ?? child(user, 'lid')?.attrs.jid
  if (!named && phone) network.signals.emit('numberAsked', { device: companion.jid, number: phone })
  const account = named
    ? network.directory.find(named)
    : phone
      ? network.directory.registered(phone)
      : undefined
  if (!account) {
    if (!phone) return []
    return [
      element('user', { jid: `${phone.replace(/\D/g, '')}@s.whatsapp.net` }, [
        element('contact', { type: 'out' }, phone)
      ])
    ]
  }
  if (account !== companion.account) network.rememberTalk(companion.account, account)
  const byLid = parseJid(named)?.server === LID_SERVER
  const content = protocols.flatMap(protocol => answerProtocol(network, account, protocol, phone, byLid))
  return [element('user', { jid: byLid ? account.lid : account.jid }, content)]
}

const answerProtocol = (
  network: Network,
  account: Account,
  protocol: string,
  phone: string | undefined,
  byLid: boolean
): BinaryNode[] => {
  switch (protocol) {
    case 'contact':
      return [element('contact', { type: 'in' }, phone)]
    case 'devices':
      return [
        element('devices', {}, [
          element('device-list', { hash: `2:${account.devices.join('.')}` }, deviceList(account)),
          element('key-index-list', { ts: network.clock.seconds() }, new Uint8Array())
        ])
      ]
    case 'lid':
      return byLid ? [] : [element('lid', { val: account.lid })]
    case 'status':
      return [element('status', { t: network.clock.seconds() }, account.statusText)]
    case 'disappearing_mode':
      return [element('disappearing_mode', { duration: '0', t: network.clock.seconds() })]
    case 'picture':
      return account.picture ? [element('picture', { id: account.picture })] : []
    default:
      return PROTOCOLS.has(protocol) ? [element(protocol)] : []
  }
}

const deviceList = (account: Account): BinaryNode[] => [
  element('device', { id: '0' }),
  ...[...account.companions.values()].map(({ number, keyIndex }) =>
    element('device', { id: number, 'key-index': keyIndex })
  )
]
