// Every type of WhatsApp's `ProtocolMessage`, and what becomes of it. A type that rc14 knows and that is missing here does not
// compile.
import type { proto } from '@whiskeysockets/baileys'
import { change, event, information, type Kind, nothing } from './kind.ts'

/** `type` is the number of the type. */
export interface ProtocolType extends Kind {
  readonly type: number
}

const BETWEEN_DEVICES = 'Between the devices of the account'
const ASSISTANT = 'Between the phone and an assistant'

export const PROTOCOL_TYPES = {
  REVOKE: { type: 0, ...change('the message is deleted') },
  EPHEMERAL_SETTING: { type: 3, ...event('disappearing messages; the thread’s `ephemeralSeconds`') },
  EPHEMERAL_SYNC_RESPONSE: { type: 4, ...nothing(BETWEEN_DEVICES) },
  HISTORY_SYNC_NOTIFICATION: {
    type: 5,
    ...information('a history chunk to download; from anybody but the own phone: nothing')
  },
  APP_STATE_SYNC_KEY_SHARE: { type: 6, ...information('keys of app state') },
  APP_STATE_SYNC_KEY_REQUEST: { type: 7, ...nothing(BETWEEN_DEVICES) },
  MSG_FANOUT_BACKFILL_REQUEST: { type: 8, ...nothing(BETWEEN_DEVICES) },
  INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC: { type: 9, ...nothing(BETWEEN_DEVICES) },
  APP_STATE_FATAL_EXCEPTION_NOTIFICATION: { type: 10, ...nothing(BETWEEN_DEVICES) },
  SHARE_PHONE_NUMBER: { type: 11, ...event('the phone number was shared', 'Unreleased') },
  MESSAGE_EDIT: { type: 14, ...change('the message is edited') },
  PEER_DATA_OPERATION_REQUEST_MESSAGE: { type: 16, ...nothing(BETWEEN_DEVICES) },
  PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE: {
    type: 17,
    ...information('the phone’s answer to a request: messages, or that it declines')
  },
  REQUEST_WELCOME_MESSAGE: { type: 18, ...nothing('The phone asks a business for its greeting') },
  BOT_FEEDBACK_MESSAGE: { type: 19, ...nothing(ASSISTANT) },
  MEDIA_NOTIFY_MESSAGE: { type: 20, ...nothing(BETWEEN_DEVICES) },
  CLOUD_API_THREAD_CONTROL_NOTIFICATION: {
    type: 21,
    ...event('a person or a program took over at a business; without words: nothing', 'Unreleased')
  },
  LID_MIGRATION_MAPPING_SYNC: { type: 22, ...information('which numbers and LIDs belong together') },
  REMINDER_MESSAGE: { type: 23, ...nothing(ASSISTANT) },
  BOT_MEMU_ONBOARDING_MESSAGE: { type: 24, ...nothing(ASSISTANT) },
  STATUS_MENTION_MESSAGE: {
    type: 25,
    ...event('the account or group was mentioned in a status', 'Unreleased')
  },
  STOP_GENERATION_MESSAGE: { type: 26, ...nothing(ASSISTANT) },
  LIMIT_SHARING: { type: 27, ...event('advanced chat privacy was switched', 'Unreleased') },
  AI_PSI_METADATA: { type: 28, ...nothing(ASSISTANT) },
  AI_QUERY_FANOUT: { type: 29, ...nothing(ASSISTANT) },
  GROUP_MEMBER_LABEL_CHANGE: { type: 30, ...event('a member’s label in the group', 'Unreleased') }
} as const satisfies Record<keyof typeof proto.Message.ProtocolMessage.Type, ProtocolType>

/** Types that the generated classes do not know yet, under the names that other libraries have learned. */
export const NEWER_PROTOCOL_TYPES = {
  AI_MEDIA_COLLECTION_MESSAGE: { type: 31, ...nothing(ASSISTANT, 'Unreleased') },
  MESSAGE_UNSCHEDULE: { type: 32, ...nothing('A scheduled message that was not sent yet', 'Unreleased') },
  CHAT_THEME_SETTING: { type: 34, ...nothing('How the chat looks on the phone', 'Unreleased') },
  AI_METADATA_OPERATION: { type: 35, ...nothing(ASSISTANT, 'Unreleased') },
  MARK_AS_VERIFIED_ACTION: { type: 36, ...nothing(BETWEEN_DEVICES, 'Unreleased') },
  COEX_STATE_SYNC: { type: 37, ...nothing(BETWEEN_DEVICES, 'Unreleased') }
} as const satisfies Readonly<Record<string, ProtocolType>>

const NAMES: ReadonlyMap<number, string> = new Map(
  [PROTOCOL_TYPES, NEWER_PROTOCOL_TYPES].flatMap(types =>
    Object.entries(types).map(([name, { type }]) => [type, name] as const)
  )
)

/** The name of a type; `undefined` for one that this version does not know at all. */
export const protocolTypeName = (type: number): string | undefined => NAMES.get(type)
