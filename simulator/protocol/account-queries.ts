// Small queries about an account: blocklist, privacy, status, profile pictures, server properties.
import type { Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { givenToken } from '../state/tokens.ts'
import { cappingInfo, timelockInfo } from './new-chat-limits.ts'
import { type BinaryNode, bytesOf, child, children, element, textOf } from '../wire/binary-node.ts'
import { notify } from './notifications.ts'
import { queryError, queryResult } from '../wire/stanza.ts'

const PRIVACY_DEFAULTS: Readonly<Record<string, string>> = {
  readreceipts: 'all',
  last: 'all',
  online: 'all',
  profile: 'all',
  status: 'all',
  groupadd: 'all',
  calladd: 'all',
  messages: 'all'
}

export const answerBlocklist = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const { account } = companion
  const item = child(query, 'item')
  if (query.attrs.type === 'set' && item) {
    const { jid, action } = item.attrs
    const other = network.directory.find(jid)
    if (!jid || !other) return queryError(query, 404, 'item-not-found')
    if (action === 'block') account.blocked.add(other.lid)
    else account.blocked.delete(other.lid)
    notify(
      network,
      account.companions.values(),
      { from: account.jid, type: 'account_sync' },
      [element('blocklist', {}, [element('item', { jid: other.lid, action })])],
      companion
    )
    return queryResult(query)
  }
  return queryResult(query, [
    element(
      'list',
      {},
      [...account.blocked].map(jid => element('item', { jid }))
    )
  ])
}

export const answerPrivacy = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const { account } = companion
  const tokens = child(query, 'tokens')
  if (tokens) {
    for (const token of children(tokens, 'token')) passPrivacyToken(network, companion, token)
    return queryResult(query, [element('tokens')])
  }
  const changes = children(child(query, 'privacy'), 'category')
  for (const { attrs } of changes) {
    if (attrs.name !== undefined && attrs.value !== undefined && account.privacy.size < 50) {
      account.privacy.set(attrs.name, attrs.value)
    }
  }
  const settings = { ...PRIVACY_DEFAULTS, ...Object.fromEntries(account.privacy) }
  return queryResult(query, [
    element(
      'privacy',
      {},
      Object.entries(settings).map(([name, value]) => element('category', { name, value }))
    )
  ])
}

/** A device trusts a contact: the contact's devices get the token. */
const passPrivacyToken = (network: Network, companion: Companion, token: BinaryNode): void => {
  const other = network.directory.find(token.attrs.jid)
  if (!other) return
  const { account } = companion
  notify(
    network,
    other.companions.values(),
    { from: account.jid, sender_lid: account.lid, type: 'privacy_token' },
    [
      element('tokens', {}, [
        element('token', { jid: account.jid, t: token.attrs.t, type: token.attrs.type }, givenToken(account))
      ])
    ]
  )
}

/** Whom the owner shows statuses. */
const answerStatusAudience = ({ account }: Companion, query: BinaryNode): BinaryNode => {
  const { people, type } = account.statusAudience
  const users = people.map(person => element('user', { jid: person.jid }))
  return queryResult(query, [element('privacy', {}, [element('list', { type, default: 'true' }, users)])])
}

export const answerStatus = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  if (query.attrs.type === 'get' && child(query, 'privacy')) return answerStatusAudience(companion, query)
  const status = textOf(child(query, 'status'))
  if (query.attrs.type === 'set' && status !== undefined) {
    companion.account.statusText = status.slice(0, 1000)
    announceProfile(
      network,
      companion,
      'status',
      element('set', {}, Buffer.from(companion.account.statusText))
    )
  }
  return queryResult(query)
}

/** The account's picture or status changed: its acquaintances and its own other devices are notified. */
const announceProfile = (network: Network, companion: Companion, type: string, change: BinaryNode): void => {
  const { account } = companion
  const devices = [...account.companions.values(), ...network.acquaintedDevices(account)]
  notify(network, devices, { from: account.jid, type }, [change], companion)
}

export const answerPicture = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const target = query.attrs.target ?? query.attrs.to
  const group = network.directory.group(target)
  const account = network.directory.find(target) ?? companion.account
  if (query.attrs.type === 'set') {
    const picture = bytesOf(child(query, 'picture'))
    const id = String(Date.now())
    const path = `/pps/${group?.id ?? account.phoneNumber}-${id}.jpg`
    if (picture) network.media.upload(path, picture)
    if (group) group.picture = picture ? path : undefined
    else {
      companion.account.picture = picture ? path : undefined
      const change = picture
        ? element('set', { id, jid: companion.account.jid })
        : element('delete', { jid: companion.account.jid })
      announceProfile(network, companion, 'picture', change)
    }
    return queryResult(query, picture ? [element('picture', { id, type: 'image' })] : [])
  }
  const path = group ? group.picture : account.picture
  if (path === undefined) return queryError(query, 404, 'item-not-found')
  return queryResult(query, [
    element('picture', {
      id: path.replace(/^.*-(\d+)\.jpg$/, '$1'),
      type: child(query, 'picture')?.attrs.type,
      url: `https://${network.mediaHost}${path}`,
      direct_path: path
    })
  ])
}

const property = (code: string, isOn: boolean): BinaryNode => {
  const value = isOn ? '1' : '0'
  return element('prop', { config_code: code, name: code, value, config_value: value })
}

/** Messages to people carry the token that the recipient gave. */
const TOKENS_IN_MESSAGES = '10518'
/** 1:1 chats are addressed by LID. */
const CHATS_BY_LID = '9435'

export const answerProperties = ({ account }: Companion, query: BinaryNode): BinaryNode => {
  const asked = child(query, 'props')
  return queryResult(query, [
    element(
      'props',
      { protocol: asked?.attrs.protocol ?? '1', hash: 'sim1', ab_key: 'sim', refresh: '86400' },
      [property(TOKENS_IN_MESSAGES, true), property(CHATS_BY_LID, account.isMigrated)]
    )
  ])
}

export const answerMediaConnection = (network: Network, query: BinaryNode): BinaryNode =>
  queryResult(query, [
    element('media_conn', { auth: 'sim-auth', ttl: '3600', auth_ttl: '21600', max_buckets: '12' }, [
      element('host', { hostname: network.mediaHost, maxContentLengthBytes: '104857600' })
    ])
  ])

/** Both limits are in every answer: each question reads its own part of it. */
const CHANNEL = /"key":"([^"]+@newsletter)"/

/** What WhatsApp tells of the channel that a query names; nothing of one that it does not know. */
const channelInfo = (network: Network, query: BinaryNode): Record<string, unknown> | null => {
  const id = CHANNEL.exec(textOf(child(query, 'query')) ?? '')?.[1] ?? ''
  const name = network.channelNames.get(id)
  return name === undefined ? null : { id, thread_metadata: { name: { text: name, id: '1' } } }
}

/** The questions that are answered, by their ids: time-lock, cap, channel. */
const SERVED_QUESTIONS = ['23983697327930364', '24503548349331633', '6563316087068696']

export const answerMex = (network: Network, { account }: Companion, query: BinaryNode): BinaryNode => {
  const id = child(query, 'query')?.attrs.query_id ?? ''
  if (!SERVED_QUESTIONS.includes(id)) return queryError(query, 501, 'feature-not-implemented')
  const data = {
    xwa2_fetch_account_reachout_timelock: timelockInfo(network, account),
    xwa2_message_capping_info: cappingInfo(network, account),
    xwa2_newsletter: channelInfo(network, query)
  }
  return queryResult(query, [element('result', {}, Buffer.from(JSON.stringify({ data })))])
}

export const answerDisappearingMode = (
  network: Network,
  companion: Companion,
  query: BinaryNode
): BinaryNode => {
  const mode = child(query, 'disappearing_mode')
  if (query.attrs.type === 'set' && mode) {
    companion.account.privacy.set('disappearing_mode', mode.attrs.duration ?? '0')
    return queryResult(query)
  }
  return queryResult(query, [element('disappearing_mode', { duration: '0', t: network.clock.seconds() })])
}
