// Messages without content, as the phone's history has them ("stubs"): events of the chat, calls, and tombstones.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { Address, ContentFact, Fact } from '../../../domain/fact.ts'
import type { MessageStatus } from '../../../domain/message.ts'
import { leftOut } from '../kinds/left-out.ts'
import { address } from './address.ts'
import { chatEvent, type EventKind, onOrOff, secondsOf } from './chat-event.ts'
import { callParts } from './content/call.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'
import type { Envelope } from './envelope.ts'
import { numberChanges } from './number-change.ts'

const { StubType } = proto.WebMessageInfo
type Parameters = ReadonlyArray<string>

/** The people in a stub's parameters: plain jids from phones, JSON objects from Baileys. */
const peopleIn = (parameters: Parameters): ReadonlyArray<Address> =>
  parameters.flatMap(parameter => {
    const person = parameter.startsWith('{') ? personInJson(parameter) : address(parameter)
    return person ?? []
  })

const personInJson = (json: string): Address | undefined => {
  try {
    const person: unknown = JSON.parse(json)
    if (typeof person !== 'object' || person === null) return undefined
    const [main, ...others] = ['id', 'jid', 'lid', 'pn', 'phoneNumber'].flatMap(name => {
      const jid: unknown = Reflect.get(person, name)
      return typeof jid === 'string' && jid !== '' ? [jid] : []
    })
    return address(
      main,
      others.find(other => other !== main)
    )
  } catch {
    return undefined
  }
}

type Event = (parameters: Parameters) => ContentFact

const toPeople =
  (kind: EventKind): Event =>
  parameters =>
    chatEvent(kind, peopleIn(parameters))
const toValue =
  (kind: EventKind): Event =>
  ([value]) =>
    chatEvent(kind, [], value)
const switched =
  (kind: EventKind): Event =>
  ([value]) =>
    chatEvent(kind, [], onOrOff(value))

const EVENTS: ReadonlyMap<number, Event> = new Map<number, Event>([
  [StubType.GROUP_CREATE, toValue('create')],
  [StubType.GROUP_DELETE, toValue('delete')],
  [StubType.GROUP_CHANGE_SUBJECT, toValue('subject')],
  [StubType.GROUP_CHANGE_DESCRIPTION, toValue('description')],
  [StubType.GROUP_CHANGE_ICON, ([value]) => chatEvent('icon', [], value ? 'on' : 'off')],
  [StubType.GROUP_CHANGE_INVITE_LINK, toValue('invite')],
  [StubType.GROUP_CHANGE_RESTRICT, switched('lock')],
  [StubType.GROUP_CHANGE_ANNOUNCE, switched('announce')],
  [StubType.GROUP_PARTICIPANT_ADD, toPeople('add')],
  [StubType.GROUP_PARTICIPANT_REMOVE, toPeople('remove')],
  [StubType.GROUP_PARTICIPANT_PROMOTE, toPeople('promote')],
  [StubType.GROUP_PARTICIPANT_DEMOTE, toPeople('demote')],
  // "Invite" is WhatsApp's name for joining by the group's link.
  [StubType.GROUP_PARTICIPANT_INVITE, toPeople('join')],
  [StubType.GROUP_PARTICIPANT_ACCEPT, toPeople('join')],
  [StubType.GROUP_PARTICIPANT_ADD_REQUEST_JOIN, toPeople('join')],
  [StubType.GROUP_PARTICIPANT_LINKED_GROUP_JOIN, toPeople('join')],
  [StubType.GROUP_PARTICIPANT_JOINED_GROUP_AND_PARENT_GROUP, toPeople('join')],
  [StubType.GROUP_PARTICIPANT_LEAVE, toPeople('leave')],
  [StubType.GROUP_PARTICIPANT_CHANGE_NUMBER, toPeople('number')],
  [StubType.INDIVIDUAL_CHANGE_NUMBER, toPeople('number')],
  [StubType.CHANGE_EPHEMERAL_SETTING, ([seconds]) => chatEvent('ephemeral', [], String(secondsOf(seconds)))],
  [StubType.GROUP_MEMBER_ADD_MODE, toValue('addMode')],
  [StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_MODE, switched('approval')],
  [StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST, toPeople('request')],
  [
    StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST_NON_ADMIN_ADD,
    ([person, value]) => chatEvent('request', peopleIn(person === undefined ? [] : [person]), value)
  ]
])

/** Whether the call that was missed was a video call. */
const MISSED_CALLS: ReadonlyMap<number, boolean> = new Map<number, boolean>([
  [StubType.CALL_MISSED_VOICE, false],
  [StubType.CALL_MISSED_VIDEO, true],
  [StubType.CALL_MISSED_GROUP_VOICE, false],
  [StubType.CALL_MISSED_GROUP_VIDEO, true],
  [StubType.SILENCED_UNKNOWN_CALLER_AUDIO, false],
  [StubType.SILENCED_UNKNOWN_CALLER_VIDEO, true]
])

const nothing = (type: string, body: string | null = null): ContentFact => ({
  ...NO_DETAILS_FACT,
  type,
  body,
  quoted: null
})

const contentOfStub = (stub: number, parameters: Parameters): ContentFact => {
  const video = MISSED_CALLS.get(stub)
  if (video !== undefined) {
    return { ...nothing('call'), ...callParts({ video, outcome: 'missed', duration: null }) }
  }
  const event = EVENTS.get(stub)
  if (event !== undefined) return event(parameters)
  const name = StubType[stub] ?? `EVENT_${stub}`
  return nothing('system', [name.toLowerCase().replaceAll('_', ' '), ...parameters].join(': '))
}

/** The chat of a person, or the member who wrote it, has the new number; or the chat is the old one's and names the new one. */
const numberChangesIn = (
  { chat, live, sender, timestamp: at }: Envelope,
  stub: number,
  parameters: Parameters
): ReadonlyArray<Fact> => {
  const people = peopleIn(parameters)
  if (stub === StubType.GROUP_PARTICIPANT_CHANGE_NUMBER)
    return numberChanges(people, sender === 'me' ? undefined : sender, { at, live })
  return stub === StubType.INDIVIDUAL_CHANGE_NUMBER ? numberChanges(people, chat, { at, live }) : []
}

/** A revoked message stays as a tombstone, one that the phone cannot read as a placeholder; the others are events. */
export const factsOfStub = (
  envelope: Envelope,
  info: proto.IWebMessageInfo,
  status: MessageStatus
): ReadonlyArray<Fact> => {
  const stub = info.messageStubType
  if (stub == null || stub === StubType.UNKNOWN) return [leftOut('empty')]
  const base = { kind: 'message', ...envelope, status, reactions: [], raw: null } as const
  if (stub === StubType.REVOKE || stub === StubType.ADMIN_REVOKE) return [{ ...base, ...nothing('revoked') }]
  if (stub === StubType.CIPHERTEXT) {
    return [
      {
        ...base,
        ...nothing('undecryptable'),
        status: 'undecryptable',
        statusReason: 'The phone could not share this message'
      }
    ]
  }
  const parameters = info.messageStubParameters ?? []
  const { broadcast } = envelope
  return [
    ...numberChangesIn(envelope, stub, parameters),
    { ...base, ...contentOfStub(stub, parameters), broadcast }
  ]
}
