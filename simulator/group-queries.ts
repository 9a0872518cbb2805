// The `w:g2` queries: metadata, creation, members coming, going and changing rank, settings, invites. Every change is told to
// the members' linked devices as a `w:gp2` notification.
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { Group, type Rank } from './group.ts'
import type { Network } from './network.ts'
import { type BinaryNode, child, children, element, textOf } from './wire/binary-node.ts'
import type { Addressing } from './wire/jid.ts'
import { queryError, queryResult, unixSeconds } from './wire/stanza.ts'

const SUBJECT_LIMIT = 100
const MEMBERS_LIMIT = 1024

const otherOf = (addressing: Addressing): Addressing => (addressing === 'lid' ? 'pn' : 'lid')

/** A member as groups list them: one address as `jid`, the other under its own name. */
const memberNode = (group: Group, account: Account, rank: Rank | undefined, extra = {}): BinaryNode =>
  element('participant', {
    jid: account.address(group.addressing),
    [group.addressing === 'lid' ? 'phone_number' : 'lid']: account.address(otherOf(group.addressing)),
    type: rank === 'admin' || rank === 'superadmin' ? rank : undefined,
    ...extra
  })

const byAttributes = (group: Group, name: string, account: Account): Record<string, string> => ({
  [name]: account.address(group.addressing),
  [group.addressing === 'lid' ? `${name}_pn` : `${name}_lid`]: account.address(otherOf(group.addressing))
})

export const groupNode = (group: Group): BinaryNode =>
  element(
    'group',
    {
      id: group.id.split('@')[0],
      addressing_mode: group.addressing,
      subject: group.subject,
      s_t: group.subjectAt,
      ...byAttributes(group, 's_o', group.subjectBy),
      creation: group.createdAt,
      ...byAttributes(group, 'creator', group.creator),
      size: group.members.size,
      p_v_id: String(group.members.size),
      a_v_id: '1'
    },
    [
      ...[...group.members].map(([member, rank]) => memberNode(group, member, rank)),
      ...(group.description
        ? [
            element(
              'description',
              {
                id: group.description.id,
                t: group.description.at,
                ...byAttributes(group, 'participant', group.description.by)
              },
              [element('body', {}, Buffer.from(group.description.text))]
            )
          ]
        : []),
      ...(group.ephemeral > 0 ? [element('ephemeral', { expiration: group.ephemeral })] : []),
      ...(group.announcement ? [element('announcement')] : []),
      ...(group.locked ? [element('locked')] : []),
      ...(group.approval
        ? [element('membership_approval_mode', {}, [element('group_join', { state: 'on' })])]
        : []),
      element('member_add_mode', {}, Buffer.from(group.memberAddMode))
    ]
  )

/** Tells the members' linked devices what changed and who did it. */
export const notifyGroup = (
  network: Network,
  group: Group,
  actor: Account,
  change: BinaryNode,
  readers: Iterable<Account> = group.members.keys(),
  except?: Companion
): void => {
  for (const reader of readers) {
    for (const device of reader.companions.values()) {
      if (device === except) continue
      device.queue.add(
        'notification',
        element(
          'notification',
          {
            from: group.id,
            type: 'w:gp2',
            id: network.nextId(),
            t: unixSeconds(),
            addressing_mode: group.addressing,
            notify: actor.pushName,
            ...byAttributes(group, 'participant', actor)
          },
          [change]
        )
      )
    }
  }
  network.signals.emit('group', { group: group.id, change: change.tag })
}

export const makeGroup = (
  network: Network,
  creator: Account,
  subject: string,
  members: Iterable<Account>,
  options: { addressing?: Addressing; createdAt?: number } = {}
): Group => {
  const id = network.directory.freeGroupId()
  const group = new Group({
    id,
    subject: subject.slice(0, SUBJECT_LIMIT),
    creator,
    members,
    inviteCode: Buffer.from(id).toString('base64url').slice(0, 22),
    ...options
  })
  network.directory.groups.set(id, group)
  return group
}

const createChange = (group: Group, isNew: boolean): BinaryNode =>
  element('create', { type: isNew ? 'new' : undefined, reason: isNew ? undefined : 'invite' }, [
    groupNode(group)
  ])

export const announceGroup = (
  network: Network,
  group: Group,
  actor: Account,
  readers: Iterable<Account>,
  isNew: boolean
): void => notifyGroup(network, group, actor, createChange(group, isNew), readers)

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
  return changeGroup(network, companion, group, query, request)
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

export const addMembers = (network: Network, group: Group, actor: Account, added: Account[]): void => {
  const present = [...group.members.keys()]
  for (const member of added) group.members.set(member, 'member')
  notifyGroup(
    network,
    group,
    actor,
    element(
      'add',
      {},
      added.map(member => memberNode(group, member, 'member'))
    ),
    present
  )
  announceGroup(network, group, actor, added, false)
}

export const removeMembers = (network: Network, group: Group, actor: Account, removed: Account[]): void => {
  const present = [...group.members.keys()]
  const change = element(
    'remove',
    {},
    removed.map(member => memberNode(group, member, undefined))
  )
  for (const member of removed) group.members.delete(member)
  notifyGroup(network, group, actor, change, present)
}

const changeGroup = (
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
  const tell = (change: BinaryNode): BinaryNode => {
    notifyGroup(network, group, account, change)
    return queryResult(query, [])
  }
  switch (tag) {
    case 'subject':
      group.subject = (textOf(request) ?? '').slice(0, SUBJECT_LIMIT)
      group.subjectAt = unixSeconds()
      group.subjectBy = account
      return tell(
        element('subject', {
          subject: group.subject,
          s_t: group.subjectAt,
          ...byAttributes(group, 's_o', account)
        })
      )
    case 'description': {
      const text = textOf(child(request, 'body'))
      group.description =
        text === undefined
          ? undefined
          : {
              id: request.attrs.id ?? network.nextId(),
              text: text.slice(0, 2048),
              at: unixSeconds(),
              by: account
            }
      return tell(
        element(
          'description',
          { id: request.attrs.id, delete: text === undefined ? 'true' : undefined },
          text === undefined ? [] : [element('body', {}, Buffer.from(text))]
        )
      )
    }
    case 'announcement':
    case 'not_announcement':
      group.announcement = tag === 'announcement'
      return tell(element(tag))
    case 'locked':
    case 'unlocked':
      group.locked = tag === 'locked'
      return tell(element(tag))
    case 'ephemeral':
    case 'not_ephemeral':
      group.ephemeral = tag === 'ephemeral' ? Number(request.attrs.expiration ?? 0) || 0 : 0
      return tell(element(tag, request.attrs))
    case 'member_add_mode':
      group.memberAddMode = textOf(request) === 'admin_add' ? 'admin_add' : 'all_member_add'
      return tell(element(tag, {}, Buffer.from(group.memberAddMode)))
    case 'membership_approval_mode':
      group.approval = child(request, 'group_join')?.attrs.state === 'on'
      return tell(element(tag, {}, [element('group_join', { state: group.approval ? 'on' : 'off' })]))
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
    else {
      for (const member of done) group.members.set(member, action === 'promote' ? 'admin' : 'member')
      notifyGroup(
        network,
        group,
        account,
        element(
          action,
          {},
          done.map(member => memberNode(group, member, group.members.get(member)))
        )
      )
    }
  }
  return queryResult(query, [element(action, {}, answers)])
}

const memberError = (group: Group, member: Account | undefined, action: string): string | undefined => {
  if (!member) return '404'
  if (action === 'add') return group.has(member) ? '409' : undefined
  if (!group.has(member)) return '404'
  return group.members.get(member) === 'superadmin' && action !== 'promote' ? '403' : undefined
}
