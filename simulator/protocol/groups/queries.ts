// The `w:g2` queries: metadata, creation, members coming, going and changing rank, settings, invites.
import type { Account, Companion } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import { addMembers, changeGroup, type GroupChange, makeGroup, removeMembers } from './changes.ts'
import { announceGroup, groupNode, memberNode, notifyGroup } from './notifications.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, child, children, element, textOf } from '../../wire/binary-node.ts'
import { queryError, queryResult } from '../../wire/stanza.ts'

const MEMBERS_LIMIT = 1024

export const answerGroups = (network: Network, companion: Companion, query: BinaryNode): BinaryNode => {
  const { to, type } = query.attrs
  const [request] = children(query)
  if (!request) return queryError(query, 400, 'bad-request')
  if (to === '@g.us' || to === 'g.us') {
    return type === 'get'
      ? answerAbout(network, companion, query, request)
      : answerCreateOrLeave(network, companion, query, request)
  }
  const group = network.directory.group(to)
  if (!group) return queryError(query, 404, 'item-not-found')
  if (!group.has(companion.account)) return queryError(query, 403, 'forbidden')
  if (type === 'get') {
    if (request.tag === 'query') return queryResult(query, [groupNode(group)])
    if (request.tag === 'invite') return queryResult(query, [element('invite', { code: group.inviteCode })])
    if (request.tag === 'membership_approval_requests') {
      return queryResult(query, [element('membership_approval_requests')])
    }
    return queryError(query, 400, 'bad-request')
  }
  return answerChange(network, companion, group, query, request)
}

const answerAbout = (
  network: Network,
  companion: Companion,
  query: BinaryNode,
  request: BinaryNode
): BinaryNode => {
  if (request.tag === 'participating') {
    return queryResult(query, [
      element('groups', {}, network.directory.groupsOf(companion.account).map(groupNode))
    ])
  }
  if (request.tag === 'invite') {
    const group = groupByInvite(network, request.attrs.code)
    return group ? queryResult(query, [groupNode(group)]) : queryError(query, 404, 'item-not-found')
  }
  return queryError(query, 400, 'bad-request')
}

const groupByInvite = (network: Network, code: string | undefined): Group | undefined =>
  [...network.directory.groups.values()].find(group => group.inviteCode === code)

const answerCreateOrLeave = (
  network: Network,
  companion: Companion,
  query: BinaryNode,
  request: BinaryNode
): BinaryNode => {
  const { account } = companion
  if (request.tag === 'create') {
    const wanted = children(request, 'participant').map(({ attrs }) => network.directory.find(attrs.jid))
    const members = wanted.filter(member => member !== undefined)
    if (members.length > MEMBERS_LIMIT) return queryError(query, 406, 'not-acceptable')
    const group = makeGroup(network, account, request.attrs.subject ?? '', members)
    announceGroup(network, group, account, group.members.keys(), true)
    return queryResult(query, [groupNode(group)])
  }
  if (request.tag === 'leave') {
    const left = children(request, 'group').map(({ attrs }) => {
      const group = network.directory.group(attrs.id)
      if (group?.has(account)) removeMembers(network, group, account, [account])
      return element('group', { id: attrs.id })
    })
    return queryResult(query, [element('leave', {}, left)])
  }
  if (request.tag === 'invite') {
    const group = groupByInvite(network, request.attrs.code)
    if (!group) return queryError(query, 404, 'item-not-found')
    addMembers(network, group, account, [account])
    return queryResult(query, [element('group', { jid: group.id })])
  }
  return queryError(query, 400, 'bad-request')
}

/** Settings as the query names them; the others are handled where the query is. */
const settingOf = (request: BinaryNode): GroupChange | undefined => {
  switch (request.tag) {
    case 'subject':
      return { subject: textOf(request) ?? '' }
    case 'description':
      return { description: textOf(child(request, 'body')) ?? null, id: request.attrs.id }
    case 'announcement':
    case 'not_announcement':
      return { announce: request.tag === 'announcement' }
    case 'locked':
    case 'unlocked':
      return { locked: request.tag === 'locked' }
    case 'ephemeral':
      return { ephemeralSeconds: Number(request.attrs.expiration ?? 0) || 0 }
    case 'not_ephemeral':
      return { ephemeralSeconds: 0 }
    default:
      return undefined
  }
}

const answerChange = (
  network: Network,
  companion: Companion,
  group: Group,
  query: BinaryNode,
  request: BinaryNode
): BinaryNode => {
  const { account } = companion
  const { tag } = request
  if (tag === 'add' || tag === 'remove' || tag === 'promote' || tag === 'demote') {
    return changeMembers(network, companion, group, query, request, tag)
  }
  const mayEdit = group.isAdmin(account) || !group.locked
  if (!mayEdit) return queryError(query, 403, 'forbidden')
  const setting = settingOf(request)
  if (setting) {
    changeGroup(network, group, account, setting)
    return queryResult(query, [])
  }
  switch (tag) {
    case 'member_add_mode':
      group.memberAddMode = textOf(request) === 'admin_add' ? 'admin_add' : 'all_member_add'
      notifyGroup(network, group, account, element(tag, {}, Buffer.from(group.memberAddMode)))
      return queryResult(query, [])
    case 'membership_approval_mode': {
      group.approval = child(request, 'group_join')?.attrs.state === 'on'
      const join = element('group_join', { state: group.approval ? 'on' : 'off' })
      notifyGroup(network, group, account, element(tag, {}, [join]))
      return queryResult(query, [])
    }
    case 'invite':
      group.inviteCode = Buffer.from(`${group.id}${network.nextId()}`).toString('base64url').slice(-22)
      return queryResult(query, [element('invite', { code: group.inviteCode })])
    default:
      return queryError(query, 400, 'bad-request')
  }
}

const changeMembers = (
  network: Network,
  companion: Companion,
  group: Group,
  query: BinaryNode,
  request: BinaryNode,
  action: 'add' | 'remove' | 'promote' | 'demote'
): BinaryNode => {
  const { account } = companion
  const mayAct = group.isAdmin(account) || (action === 'add' && group.memberAddMode === 'all_member_add')
  if (!mayAct) return queryError(query, 403, 'forbidden')
  const done: Account[] = []
  const answers = children(request, 'participant').map(({ attrs }) => {
    const member = network.directory.find(attrs.jid)
    const error = memberError(group, member, action)
    if (error !== undefined || !member)
      return element('participant', { jid: attrs.jid, error: error ?? '404' })
    done.push(member)
    return memberNode(group, member, group.members.get(member), { jid: attrs.jid })
  })
  if (done.length > 0) {
    if (action === 'add') addMembers(network, group, account, done)
    else if (action === 'remove') removeMembers(network, group, account, done)
    else if (action === 'promote') changeGroup(network, group, account, { promote: done })
    else changeGroup(network, group, account, { demote: done })
  }
  return queryResult(query, [element(action, {}, answers)])
}

const memberError = (group: Group, member: Account | undefined, action: string): string | undefined => {
  if (!member) return '404'
  if (action === 'add') return group.has(member) ? '409' : undefined
  if (!group.has(member)) return '404'
  return group.members.get(member) === 'superadmin' && action !== 'promote' ? '403' : undefined
}
