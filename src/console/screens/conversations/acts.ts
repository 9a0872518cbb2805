// What can be done with a message of the open conversation: shared by its bubbles, its menu and the composer.
import { signal } from '@preact/signals'
import type { Message, SendRequest } from '../../../client/index.ts'
import { client, may } from '../../session.ts'
import type { Conversation } from '../../state/conversation.ts'
import { isStatusThread } from '../../state/threads.ts'

/** What the composer is about, besides a new message. */
export type Draft =
  | { readonly about: 'reply'; readonly message: Message }
  | { readonly about: 'edit'; readonly message: Message }

export const draft = signal<Draft | undefined>(undefined)
/** The message whose details are shown. */
export const inspected = signal<Message | undefined>(undefined)
/** The message that is to be pinned. */
export const pinned = signal<Message | undefined>(undefined)
/** The message that is to be passed on. */
export const forwarded = signal<Message | undefined>(undefined)

const EDITABLE_MS = 15 * 60_000
const UNSENT = new Set(['queued', 'cancelled', 'failed'])

export const isSent = ({ status }: Message): boolean => !UNSENT.has(status)
const isOwn = ({ direction }: Message): boolean => direction === 'outbound'
const isAlive = ({ type }: Message): boolean => !['revoked', 'system', 'undecryptable', 'call'].includes(type)

const mayTouch = (message: Message): boolean => may('agent') && isAlive(message) && isSent(message)

/** A status is posted and deleted, and nothing else. */
export const mayReply = (message: Message): boolean => mayTouch(message) && !isStatusThread(message.threadId)
export const mayReact = mayReply
export const mayEdit = (message: Message, now = Date.now()): boolean =>
  mayReply(message) && isOwn(message) && message.type === 'text' && now - message.tsClient < EDITABLE_MS
/** In groups those of others too, where the account is an admin: WhatsApp knows whether it is. */
export const mayRevoke = (message: Message, isGroup: boolean): boolean =>
  mayTouch(message) && (isOwn(message) || isGroup)
export const mayForward = (message: Message): boolean =>
  mayTouch(message) && !message.viewOnce && message.type !== 'event' && message.album === null

/** When a message is to be sent, and until when, milliseconds since 1970: at once, and for as long as it takes, where nothing is said. */
export interface Timing {
  readonly sendAt?: number
  readonly expiresAt?: number
}

/** Names one attempt to send: what is sent again under the same name is sent once. */
export const newAttempt = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')

export const send = async (
  { accountId, threadId }: Pick<Conversation, 'accountId' | 'threadId'>,
  body: SendRequest
): Promise<void> => {
  await client().call('outbox.send', { accountId, body: { threadId, ...body } })
}

/** The people that a text names as `@number`. */
export const mentionsIn = (text: string): Pick<SendRequest, 'mentions'> => {
  const mentions = [...text.matchAll(/(?<![\p{L}\p{N}])@(\d{6,20})(?!\d)/gu)].map(([, number = '']) => number)
  return mentions.length === 0 ? {} : { mentions: [...new Set(mentions)] }
}

/** An own reaction is taken back by the same one. */
export const react = async (conversation: Conversation, message: Message, emoji: string): Promise<void> => {
  const own = message.reactions.find(({ sender }) => sender === 'me')?.emoji
  await send(conversation, {
    reaction: { messageId: message.messageId, emoji: own === emoji ? '' : emoji }
  })
}
