// How groups are written on the wire, and the `w:gp2` notifications of changes to members' linked devices. Member lists are in the
// group's own addressing, with the other address beside it.
import type { Account, Companion } from '../../state/account.ts'
import type { Group, Rank } from '../../state/group.ts'
import type { ChatEvent } from '../../state/ledger.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, child, children, element, textOf } from '../../wire/binary-node.ts'
import { otherAddressing, otherAttribute } from '../../wire/jid.ts'

/** A member as groups list them: one address as `jid`, the other under its own name. */
export const memberNode = (group: Group, account: Account, rank: Rank | undefined, extra = {}): BinaryNode =>
  element('participant', {
    jid: account.address(group.addressing),
    [group.addressing === 'lid' ? 'phone_number' : 'lid']: account.address(otherAddressing(group.addressing)),
    type: rank === 'admin' || rank === 'superadmin' ? rank : undefined,
    ...extra
  })

export const byAttributes = (group: Group, name: string, account: Account): Record<string, string> => ({
  [name]: account.address(group.addressing),
  [otherAttribute(name, group.addressing)]: account.address(otherAddressing(group.addressing))
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

/** What the truth records of a change. */
const detailsOf = (network: Network, change: BinaryNode): Pick<ChatEvent, 'value' | 'participants'> => {
  const participants = children(change, 'participant').flatMap(
    ({ attrs }) => network.directory.find(attrs.jid)?.jid ?? []
  )
  const value =
    change.attrs.subject ??
    change.attrs.expiration ??
    child(change, 'group')?.attrs.subject ??
    textOf(child(change, 'body')) ??
    child(change, 'group_join')?.attrs.state ??
    textOf(change)
  return {
    ...(value === undefined ? {} : { value }),
    ...(participants.length > 0 ? { participants } : {})
  }
}

/** Notifies the members' linked devices of what changed and who did it, and records it for their phones. */
export const notifyGroup = (
  network: Network,
  group: Group,
  actor: Account,
  change: BinaryNode,
  readers: Iterable<Account> = group.members.keys(),
  except?: Companion
): void => {
  const id = network.nextId()
  const timestamp = network.clock.seconds()
  for (const reader of readers) {
    if (network.mailboxes.has(reader)) {
      network.ledger.event(reader, {
        type: change.tag,
        id,
        chatJid: group.id,
        by: actor.jid,
        timestamp,
        ...detailsOf(network, change)
      })
    }
    for (const device of reader.companions.values()) {
      if (device === except) continue
      device.queue.add(
        'notification',
        element(
          'notification',
          {
            from: group.id,
            type: 'w:gp2',
            id,
            t: timestamp,
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
