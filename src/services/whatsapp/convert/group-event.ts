// Live changes of a group (`notification` stanzas of type `w:gp2`, and `picture` for its icon) to facts: a system
// message in the thread, the chat's new name, and pairs of addresses of one person.
import { type BinaryNode, getAllBinaryNodeChildren, getBinaryNodeChild } from '@whiskeysockets/baileys'
import type { Address, ChatFact, ContentFact, Fact } from '../../../domain/fact.ts'
import { boundedContent } from '../../../domain/bounds.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import { address, formsOf, memberAddress, partyOf, samePerson, type Self } from './address.ts'
import { chatEvent, type EventKind, onOrOff, secondsOf, unnamedEvent } from './chat-event.ts'
import { type Envelope, pushNameOf } from './envelope.ts'
import { numberChanges } from './number-change.ts'
import { secondsToMilliseconds } from './numbers.ts'

type Attributes = BinaryNode['attrs']

/** Whether `factsOfGroupNotification` converts this stanza. */
export const isGroupNotification = ({ attrs, tag }: BinaryNode): boolean =>
  tag === 'notification' &&
  (attrs['type'] === 'w:gp2' || attrs['type'] === 'picture') &&
  isGroupJid(attrs['from'] ?? '')

/** The second form of the address in an element, under any of its attribute names. */
const otherForm = (attrs: Attributes): string | undefined =>
  attrs['phone_number'] ?? attrs['lid'] ?? attrs['participant_pn'] ?? attrs['participant_lid']

const personOf = ({ attrs }: BinaryNode): Address | undefined =>
  attrs['jid'] === undefined ? undefined : memberAddress(attrs['jid'], otherForm(attrs))

const peopleOf = (change: BinaryNode): ReadonlyArray<Address> =>
  getAllBinaryNodeChildren(change).flatMap(child =>
    child.tag === 'participant' || child.tag === 'requested_user' ? (personOf(child) ?? []) : []
  )

const textOf = (node: BinaryNode | undefined): string | undefined =>
  typeof node?.content === 'string'
    ? node.content
    : node?.content instanceof Uint8Array
      ? Buffer.from(node.content).toString('utf8')
      : undefined

interface Change {
  readonly event: ContentFact
  /** The chat's new properties. */
  readonly chat?: Omit<ChatFact, 'kind' | 'chat'> | undefined
}

interface Situation {
  readonly self: Self
  readonly change: BinaryNode
  readonly people: ReadonlyArray<Address>
  /** Who did it, when the stanza says so. */
  readonly actor: Address | undefined
  /** Seconds since 1970. */
  readonly at: number
}

type Convert = (situation: Situation) => Change

const sharesForm = (self: Self, one: Address, other: Address): boolean => {
  const forms = formsOf(self, partyOf(self, one))
  return formsOf(self, partyOf(self, other)).some(form => forms.includes(form))
}

/** Whether somebody adds or removes only themselves. */
const isOwnAction = ({ actor, people, self }: Situation): boolean => {
  const [only, ...others] = people
  return actor !== undefined && only !== undefined && others.length === 0 && sharesForm(self, only, actor)
}

const toPeople =
  (kind: EventKind): Convert =>
  ({ people }) => ({ event: chatEvent(kind, people) })
const switched =
  (kind: EventKind, value: 'on' | 'off'): Convert =>
  () => ({ event: chatEvent(kind, [], value) })

/** The announcement of a group that is older than this is an invitation, not its creation. */
const NEW_GROUP_SECONDS = 60

/** Describes the whole group: it is new, or this account has just become a member. */
const create: Convert = ({ at, change, self }) => {
  const group = getBinaryNodeChild(change, 'group')
  const subject = group?.attrs['subject'] || undefined
  const ephemeral = group === undefined ? undefined : getBinaryNodeChild(group, 'ephemeral')
  const chat = {
    name: subject,
    ephemeralSeconds: ephemeral === undefined ? undefined : secondsOf(ephemeral.attrs['expiration'])
  }
  const created = Number(group?.attrs['creation'] ?? at)
  const isOld = change.attrs['type'] !== 'new' && at - created > NEW_GROUP_SECONDS
  const me: Address = { jid: self.jid, alt: self.lid }
  if (change.attrs['reason'] === 'invite') return { event: chatEvent('join', [me]), chat }
  return { event: isOld ? chatEvent('add', [me]) : chatEvent('create', [], subject), chat }
}

const CHANGES: Readonly<Record<string, Convert>> = {
  create,
  delete: toPeople('delete'),
  subject: ({ change }) => {
    const subject = change.attrs['subject'] || undefined
    return { event: chatEvent('subject', [], subject), chat: { name: subject } }
  },
  description: ({ change }) => ({
    event: chatEvent('description', [], textOf(getBinaryNodeChild(change, 'body')))
  }),
  add: situation => ({
    event: chatEvent(
      situation.change.attrs['reason'] === 'invite' || isOwnAction(situation) ? 'join' : 'add',
      situation.people
    )
  }),
  linked_group_join: toPeople('join'),
  remove: situation => ({ event: chatEvent(isOwnAction(situation) ? 'leave' : 'remove', situation.people) }),
  leave: ({ actor, people }) => ({
    event: chatEvent('leave', people.length > 0 || actor === undefined ? people : [actor])
  }),
  promote: toPeople('promote'),
  demote: toPeople('demote'),
  modify: toPeople('number'),
  ephemeral: ({ change }) => {
    const seconds = secondsOf(change.attrs['expiration'])
    return { event: chatEvent('ephemeral', [], String(seconds)), chat: { ephemeralSeconds: seconds } }
  },
  not_ephemeral: () => ({ event: chatEvent('ephemeral', [], '0'), chat: { ephemeralSeconds: 0 } }),
  announcement: switched('announce', 'on'),
  not_announcement: switched('announce', 'off'),
  locked: switched('lock', 'on'),
  unlocked: switched('lock', 'off'),
  invite: ({ change }) => ({ event: chatEvent('invite', [], change.attrs['code']) }),
  member_add_mode: ({ change }) => ({ event: chatEvent('addMode', [], textOf(change)) }),
  membership_approval_mode: ({ change }) => ({
    event: chatEvent('approval', [], onOrOff(getBinaryNodeChild(change, 'group_join')?.attrs['state']))
  }),
  created_membership_requests: ({ actor, people }) => ({
    event: chatEvent('request', people.length > 0 || actor === undefined ? people : [actor], 'created')
  }),
  revoked_membership_requests: situation => ({
    event: chatEvent(
      'request',
      situation.people,
      // The people are those who asked to join; anybody else who acts has rejected them.
      situation.people.length === 0 || isOwnAction(situation) ? 'revoked' : 'rejected'
    )
  }),
  link: toPeople('link'),
  unlink: toPeople('unlink')
}

const changeOf = (type: string | undefined, situation: Situation): Change => {
  const { tag } = situation.change
  // There, "delete" is about the picture and not about the group.
  if (type === 'picture') return switched('icon', tag === 'delete' ? 'off' : 'on')(situation)
  const convert = Object.hasOwn(CHANGES, tag) ? CHANGES[tag] : undefined
  return convert?.(situation) ?? { event: unnamedEvent(tag, situation.people) }
}

/** Every pair of addresses that an element gives for one person. */
const samePeopleIn = ({ attrs }: BinaryNode, at: number): ReadonlyArray<Fact> => [
  ...samePerson(attrs['jid'], otherForm(attrs), at),
  ...samePerson(attrs['participant'], attrs['participant_pn'] ?? attrs['participant_lid'], at),
  ...samePerson(attrs['creator'], attrs['creator_pn'], at),
  ...samePerson(attrs['s_o'], attrs['s_o_pn'], at)
]

/** The stanza, its changes, and what these list (members are two levels down when a whole group is described). */
const named = (stanza: BinaryNode): ReadonlyArray<BinaryNode> => {
  const changes = getAllBinaryNodeChildren(stanza)
  const parts = changes.flatMap(change => getAllBinaryNodeChildren(change))
  return [stanza, ...changes, ...parts, ...parts.flatMap(part => getAllBinaryNodeChildren(part))]
}

const adminsIn = (chat: Address, tag: string, people: ReadonlyArray<Address>): ReadonlyArray<Fact> => {
  const listed = tag === 'promote' ? 'promoted' : tag === 'demote' ? 'demoted' : undefined
  return listed === undefined ? [] : [{ kind: 'groupAdmins', chat, listed, people }]
}

const MOST_CHANGES = 50

export const factsOfGroupNotification = (self: Self, stanza: BinaryNode): ReadonlyArray<Fact> => {
  const { attrs } = stanza
  const chat = address(attrs['from'])
  const { id } = attrs
  if (!isGroupNotification(stanza) || chat === undefined || !isGroupJid(chat.jid) || !id) return []
  const facts = getAllBinaryNodeChildren(stanza)
    .slice(0, MOST_CHANGES)
    .flatMap((change, index): ReadonlyArray<Fact> => {
      const writer = attrs['participant'] ?? change.attrs['author']
      const actor =
        writer === undefined
          ? undefined
          : memberAddress(writer, attrs['participant_pn'] ?? attrs['participant_lid'])
      const people = peopleOf(change)
      const at = Number(attrs['t'] ?? 0)
      const { chat: now, event } = changeOf(attrs['type'], { self, change, people, actor, at })
      const envelope: Envelope = {
        chat,
        // An action of the server has no author; then the group is the author, as in the phone's history.
        sender: actor === undefined ? chat : partyOf(self, actor),
        // A stanza nearly always has one change; a second one needs an id of its own.
        whatsAppId: index === 0 ? id : `${id}-${index}`,
        timestamp: secondsToMilliseconds(attrs['t']),
        pushName: actor === undefined ? undefined : attrs['notify'],
        live: true,
        broadcast: false
      }
      return [
        ...(index === 0 ? pushNameOf(envelope) : []),
        ...(now === undefined ? [] : [{ kind: 'chat', chat, ...now } as const]),
        ...adminsIn(chat, change.tag, people),
        ...(change.tag === 'modify'
          ? numberChanges(people, actor, { at: secondsToMilliseconds(attrs['t']), live: true })
          : []),
        {
          kind: 'message',
          ...envelope,
          ...boundedContent(event),
          status: envelope.sender === 'me' ? 'sent' : 'received',
          reactions: [],
          raw: null
        }
      ]
    })
  const told = secondsToMilliseconds(attrs['t'])
  return [...named(stanza).flatMap(node => samePeopleIn(node, told)), ...facts]
}
