// Changes of groups, asked for by a linked device or by the owner of a phone: a group is made, members are added, removed, promoted
// and demoted, settings change. Members are notified of every change.
import type { Account } from '../../state/account.ts'
import { Group } from '../../state/group.ts'
import { announceGroup, byAttributes, memberNode, notifyGroup } from './notifications.ts'
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import type { Addressing } from '../../wire/jid.ts'

const SUBJECT_LIMIT = 100
const DESCRIPTION_LIMIT = 2048

export type GroupChange<Member = Account> =
  | { readonly subject: string }
  /** null takes the description away. */
  | { readonly description: string | null; readonly id?: string | undefined }
  /** 0 switches disappearing messages off. */
  | { readonly ephemeralSeconds: number }
  | { readonly announce: boolean }
  | { readonly locked: boolean }
  | { readonly promote: readonly Member[] }
  | { readonly demote: readonly Member[] }

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
    createdAt: network.clock.seconds(),
    inviteCode: Buffer.from(id).toString('base64url').slice(0, 22),
    ...options
  })
  network.directory.groups.set(id, group)
  return group
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

export const changeGroup = (network: Network, group: Group, actor: Account, change: GroupChange): void => {
  const notifyChange = (...content: Parameters<typeof element>): void =>
    notifyGroup(network, group, actor, element(...content))
  if ('subject' in change) {
    group.subject = change.subject.slice(0, SUBJECT_LIMIT)
    group.subjectAt = network.clock.seconds()
    group.subjectBy = actor
    notifyChange('subject', {
      subject: group.subject,
      s_t: group.subjectAt,
      ...byAttributes(group, 's_o', actor)
    })
  } else if ('description' in change) {
    describe(network, group, actor, change)
  } else if ('ephemeralSeconds' in change) {
    group.ephemeral = change.ephemeralSeconds
    if (group.ephemeral > 0) notifyChange('ephemeral', { expiration: group.ephemeral })
    else notifyChange('not_ephemeral')
  } else if ('announce' in change) {
    group.announcement = change.announce
    notifyChange(change.announce ? 'announcement' : 'not_announcement')
  } else if ('locked' in change) {
    group.locked = change.locked
    notifyChange(change.locked ? 'locked' : 'unlocked')
  } else {
    const promoted = 'promote' in change
    const members = promoted ? change.promote : change.demote
    for (const member of members) {
      if (!group.has(member)) throw new Error(`${member.jid} is no member of the group`)
    }
    for (const member of members) group.members.set(member, promoted ? 'admin' : 'member')
    notifyChange(
      promoted ? 'promote' : 'demote',
      {},
      members.map(member => memberNode(group, member, group.members.get(member)))
    )
  }
}

const describe = (
  network: Network,
  group: Group,
  actor: Account,
  change: Extract<GroupChange, { description: string | null }>
): void => {
  const id = change.id ?? network.nextId()
  const text = change.description?.slice(0, DESCRIPTION_LIMIT)
  group.description = text === undefined ? undefined : { id, text, at: network.clock.seconds(), by: actor }
  notifyGroup(
    network,
    group,
    actor,
    element(
      'description',
      { id, delete: text === undefined ? 'true' : undefined },
      text === undefined ? [] : [element('body', {}, Buffer.from(text))]
    )
  )
}
