// Events of messages, calls, threads, groups, contacts, and how complete a thread is.
import { Schema } from 'effect'
import { Contact } from '../contact.ts'
import { ThreadCoverage } from '../coverage.ts'
import { EXAMPLES, ACCOUNT_ID, AT, JID, MESSAGE_ID, THREAD_ID } from '../examples.ts'
import { Message } from '../message.ts'
import { Thread } from '../thread.ts'
import { Time, Whole } from '../whole.ts'
import { durable, transient } from './event-type.ts'

/** What an event is about is as it is when the event is delivered; `null` when it is not stored any more. */
export const MessageData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  /** `bodyShortened`: the whole text is read over HTTP. */
  message: Schema.NullOr(Schema.Struct({ ...Message.fields, bodyShortened: Schema.Boolean })),
  /** The fields of the message that this event is about; empty for a new one, and where they are not known. */
  changed: Schema.Array(Schema.String)
}).annotate({ identifier: 'MessageEventData' })
export type MessageData = typeof MessageData.Type

export const ThreadData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  thread: Schema.NullOr(Thread)
}).annotate({ identifier: 'ThreadEventData' })

export const GroupData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  thread: Schema.NullOr(Thread),
  /** Who administers the group now. */
  admins: Schema.Array(Schema.String)
}).annotate({ identifier: 'GroupEventData' })

export const ContactData = Schema.Struct({
  accountId: Schema.String,
  contactJid: Schema.String,
  contact: Schema.NullOr(Contact)
}).annotate({ identifier: 'ContactEventData' })

export const ContactImportData = Schema.Struct({
  accountId: Schema.String,
  /** How many people the address book has. */
  contacts: Whole
}).annotate({ identifier: 'ContactImportEventData' })

export const CoverageData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  coverage: Schema.NullOr(ThreadCoverage)
}).annotate({ identifier: 'CoverageEventData' })

export const PresenceData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  /** In a group: who of it. */
  person: Schema.String,
  presence: Schema.Literals(['available', 'unavailable', 'composing', 'recording', 'paused']),
  /** When the person was last online, where WhatsApp says it. */
  lastSeenAt: Schema.NullOr(Time)
}).annotate({ identifier: 'PresenceEventData' })
export type PresenceData = typeof PresenceData.Type

const place = { accountId: ACCOUNT_ID, threadId: THREAD_ID }

const messageExample = (changed: ReadonlyArray<string>): MessageData => ({
  ...place,
  messageId: MESSAGE_ID,
  message: { ...EXAMPLES.Message, bodyShortened: false },
  changed
})

const callExample = (outcome: 'ringing' | 'missed', changed: ReadonlyArray<string>): MessageData => ({
  ...messageExample(changed),
  message: {
    ...EXAMPLES.Message,
    type: 'call',
    body: null,
    call: { video: false, outcome, duration: null },
    reactions: [],
    bodyShortened: false
  }
})

const threadExample = { ...place, thread: EXAMPLES.Thread }

export const CONVERSATION_EVENTS = {
  'message.stored': durable('A live message is stored', MessageData, messageExample([])),
  'message.changed': durable(
    'Anything else of a message changes: an edit, a deletion, a star, a label, content that arrives later',
    MessageData,
    messageExample(['body', 'edits'])
  ),
  'message.status': durable(
    'How far a message got: sent, delivered, read, failed',
    MessageData,
    messageExample(['status'])
  ),
  'message.reaction': durable(
    'Somebody reacts, or takes a reaction back',
    MessageData,
    messageExample(['reactions'])
  ),
  'message.vote': durable('Somebody votes in a poll', MessageData, messageExample(['poll'])),
  'message.media': durable(
    'A file of the message can be fetched from this server',
    MessageData,
    messageExample(['media'])
  ),
  'call.ringing': durable('A call comes in', MessageData, callExample('ringing', [])),
  'call.ended': durable(
    'A call is answered, declined or missed, or its duration is known',
    MessageData,
    callExample('missed', ['call'])
  ),
  'thread.changed': durable(
    'Last message, unread count, name or settings of a thread change',
    ThreadData,
    threadExample
  ),
  'thread.merged': durable(
    'Two conversations were one person’s and became this one',
    ThreadData,
    threadExample
  ),
  'group.changed': durable('Others administer a group', GroupData, {
    ...place,
    thread: { ...EXAMPLES.Thread, kind: 'group', displayName: 'Bicycles' },
    admins: [JID]
  }),
  'contact.changed': durable('A person has another name, or comes into the address book', ContactData, {
    accountId: ACCOUNT_ID,
    contactJid: JID,
    contact: EXAMPLES.Contact
  }),
  'contact.imported': durable(
    'The address book comes in as a whole, when a phone was linked or has sent a new copy, with more than 100 people: there is no contact.changed for each. GET /v1/accounts/{accountId}/contacts has them',
    ContactImportData,
    { accountId: ACCOUNT_ID, contacts: 1840 }
  ),
  'coverage.changed': durable(
    'More or less of a thread is known to be missing, or its beginning is reached',
    CoverageData,
    {
      ...place,
      coverage: {
        ...place,
        state: 'partial',
        messages: 120,
        oldest: { messageId: MESSAGE_ID, at: AT - 86_400_000 },
        newest: { messageId: MESSAGE_ID, at: AT },
        beginningReached: true,
        keptSince: null,
        gaps: [{ gapId: 7, reason: 'outage', from: AT - 7_200_000, to: AT - 3_600_000, openedAt: AT }],
        requests: [],
        lastRefusal: null
      }
    }
  ),
  'presence.changed': transient(
    'A person comes online, types, records a voice message or stops, as far as WhatsApp tells this device',
    PresenceData,
    { ...place, person: JID, presence: 'composing', lastSeenAt: null }
  )
} as const
