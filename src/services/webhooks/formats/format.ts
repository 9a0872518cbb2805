// What a format of another server is: which events it has, and how ours are told in it. Pure functions, one file for each format; what a
// format cannot tell is in docs/webhook-formats.md.
import type { CloudEvent } from '../../../domain/cloud-event.ts'
import type { MessageData } from '../../../domain/events/conversation-events.ts'
import { parseThreadId } from '../../../domain/ids.ts'
import type { Thread } from '../../../domain/thread.ts'

export interface AccountOfEvent {
  readonly accountId: string
  readonly name: string
  readonly jid: string | null
}

/** The event, and what the database has beside it. */
export interface Material {
  readonly event: CloudEvent
  /** `undefined` for events that are about no account. */
  readonly account: AccountOfEvent | undefined
  /** The content of the message in the JSON form of its protobuf; `undefined` where that is not kept. */
  readonly content: Readonly<Record<string, unknown>> | undefined
  /** Where it is delivered. */
  readonly url: string
}

/** One request. */
export interface FormatPayload {
  /** The event, as the format calls it. */
  readonly event: string
  readonly body: object
}

export interface Format {
  /** The events that it may have. */
  readonly events: ReadonlyArray<string>
  readonly payloadsOf: (material: Material) => ReadonlyArray<FormatPayload>
}

export type EventMessage = NonNullable<MessageData['message']>

/**
 * The message that the event is about, if it is still there. A call that rang rings, although it may be over when that is delivered: its
 * end is an event of its own.
 */
export const messageOf = ({ data, type }: CloudEvent): EventMessage | undefined => {
  const message = 'message' in data ? (data.message ?? undefined) : undefined
  return type === 'call.ringing' && message?.call
    ? { ...message, call: { ...message.call, outcome: 'ringing' } }
    : message
}

/** The fields that have changed. */
export const changedIn = ({ data }: CloudEvent): ReadonlyArray<string> =>
  'changed' in data ? data.changed : []

export const threadOf = ({ data }: CloudEvent): Thread | undefined =>
  'thread' in data ? (data.thread ?? undefined) : undefined

/** The address of the chat. */
export const chatOf = ({ threadId }: { readonly threadId: string }): string =>
  parseThreadId(threadId)?.jid ?? threadId

/** Seconds since 1970. */
export const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1000)
