// Every kind of stanza that WhatsApp sends to a linked device, and what becomes of it. What is not here is acknowledged and counted.
import { change, event, information, type Kind, message, nothing } from './kind.ts'

type Kinds = Readonly<Record<string, Kind>>

/** How a message is encrypted, by the `type` of its `enc`; `plaintext` and `unavailable` are children of their own. */
export const ENCRYPTIONS = {
  pkmsg: message('a message; opens the session with its sender'),
  msg: message('a message'),
  skmsg: message('a message of a group'),
  msmsg: message('an answer of a bot, opened with the secret of the question', 'Unreleased'),
  plaintext: message('a message of a channel', 'Unreleased'),
  unavailable: message('undecryptable; the phone is asked for it unless it shows the message alone'),
  frskmsg: message('undecryptable: a way that this server does not know')
} as const satisfies Kinds

/** Stanzas by their tag. */
export const STANZAS = {
  message: message('see the kinds of encryption and the fields of a message'),
  status: message('a message of the thread of statuses where they are kept, otherwise nothing', 'Unreleased'),
  receipt: change(
    'delivered, read and played times, also of several members at once; read on the phone: the thread’s unread count'
  ),
  notification: event('see the kinds of notifications'),
  call: message('call, and its outcome'),
  ack: change('sent, or why a message was refused'),
  presence: information('who is online now: told to subscribers, kept nowhere', 'Unreleased'),
  chatstate: information('who is typing now: told to subscribers, kept nowhere', 'Unreleased'),
  ib: information('where to connect next time; what waits in the offline queue'),
  iq: information('answers to queries; pings'),
  success: information('the account is online'),
  failure: information('why the account cannot connect'),
  'stream:error': information('why the connection ends')
} as const satisfies Kinds

/** Notifications by their `type`. */
export const NOTIFICATIONS = {
  'w:gp2': event('what happens to a group'),
  picture: event('the picture of a group; of a person: nothing'),
  newsletter: message('posts of a channel; counts of views, reactions and votes: nothing', 'Unreleased'),
  mediaretry: change('where the phone has uploaded a file again'),
  encrypt: information('pre-keys are few; the identity of a person has changed'),
  devices: information('the devices of a person'),
  server_sync: information('app state has changed'),
  account_sync: information('settings of the account'),
  privacy_token: information('tokens for sending'),
  link_code_companion_reg: information('linking by code'),
  companion_reg_refresh: information('linking by QR code: a new secret', 'Unreleased'),
  passkey_prologue_request: information('linking: the passkey of the owner is asked for', 'Unreleased'),
  crsc_continuation: information('linking with a passkey: the phone’s half of the key', 'Unreleased'),
  mex: information('restrictions of the account'),
  contacts: event('a person has another number; other news of the address book: nothing', 'Unreleased'),
  status: nothing('The text that a person shows beside the name'),
  disappearing_mode: nothing('The default of new chats'),
  business: nothing('The profile of a business'),
  server: nothing('Between WhatsApp and the app'),
  pay: nothing('Payments are made on the phone'),
  psa: nothing('Announcements of WhatsApp'),
  registration: nothing('Registration is made on the phone'),
  'w:growth': nothing('Invitations to WhatsApp'),
  waffle: nothing('Accounts of other Meta apps'),
  hosted: nothing('How a business is hosted')
} as const satisfies Kinds

const isListed = (kinds: Kinds, name: string): boolean => Object.hasOwn(kinds, name)

/** Whether this version knows stanzas with this tag. */
export const isKnownStanza = (tag: string): boolean => isListed(STANZAS, tag)

/** Whether this version knows notifications of this type. */
export const isKnownNotification = (type: string): boolean => isListed(NOTIFICATIONS, type)
