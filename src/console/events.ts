// What the server's events mean for what is shown: the one place that knows their types. Whatever an event says beyond "this has
// changed" is read from the API, so that nothing depends on what events carry.
import { signal } from '@preact/signals'
import type { Backscroll, ServerEvent } from '../client/index.ts'

/** What has changed. */
export type Change =
  | {
      readonly what: 'message'
      readonly accountId: string
      readonly threadId: string
      readonly messageId: string
    }
  | { readonly what: 'thread'; readonly accountId: string; readonly threadId: string }
  | { readonly what: 'account'; readonly accountId: string }
  | {
      readonly what: 'progress'
      readonly accountId: string
      readonly data: Readonly<Record<string, unknown>>
    }
  | { readonly what: 'outbox'; readonly accountId: string }
  | { readonly what: 'incident' }

/** An event as the list of events shows it. */
export interface HeardEvent {
  readonly id: string | null
  readonly type: string
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const contentOf = (data: unknown): Readonly<Record<string, unknown>> => (isRecord(data) ? data : {})

const textIn = (data: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = data[name]
  return typeof value === 'string' ? value : undefined
}

export const changeOf = ({ data, type }: ServerEvent): Change | undefined => {
  const content = contentOf(data)
  const accountId = textIn(content, 'accountId')
  const threadId = textIn(content, 'threadId')
  const messageId = textIn(content, 'messageId')
  const [subject] = type.split('.')
  if (subject === 'incident') return { what: 'incident' }
  if (accountId === undefined) return undefined
  if (subject === 'sync') return { what: 'progress', accountId, data: content }
  if (subject === 'account') return { what: 'account', accountId }
  if (subject === 'outbox') return { what: 'outbox', accountId }
  // That somebody types changes nothing that is shown.
  if (threadId === undefined || subject === 'presence') return undefined
  if ((subject === 'message' || subject === 'call') && messageId !== undefined)
    return { what: 'message', accountId, threadId, messageId }
  return { what: 'thread', accountId, threadId }
}

export const heardEventOf = ({ data, id, time, type }: ServerEvent): HeardEvent => ({
  id,
  type,
  at: Date.parse(time),
  data: contentOf(data)
})

type Listener = (change: Change) => void

const listeners = new Set<Listener>()
const comebacks = new Set<() => void>()
/** Whether events are heard at present. */
export const isLive = signal(false)
/** The newest events, for the list of them. */
export const heard = signal<ReadonlyArray<HeardEvent>>([])
const MOST_HEARD = 200

/** Calls with every change, until the returned function is called. */
export const onChange = (listener: Listener): (() => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Calls when events are heard again after they were not: what has no id was missed. */
export const onComeback = (listener: () => void): (() => void) => {
  comebacks.add(listener)
  return () => void comebacks.delete(listener)
}

const take = (event: ServerEvent): void => {
  heard.value = [heardEventOf(event), ...heard.value].slice(0, MOST_HEARD)
  const change = changeOf(event)
  if (change !== undefined) for (const listener of listeners) listener(change)
}

/** Hears the events of these accounts, or of all, until the returned function is called. */
export const followEvents = (client: Backscroll, accountIds: ReadonlyArray<string> | 'all'): (() => void) => {
  const stop = new AbortController()
  const follow = async (): Promise<void> => {
    const only = accountIds === 'all' ? {} : { accountId: accountIds }
    for await (const event of client.events({ ...only, signal: stop.signal })) take(event)
  }
  follow().catch(() => undefined)
  return () => stop.abort()
}

/** A connection with events has opened, or ended. */
export const heardConnection = (isOpen: boolean): void => {
  const isBack = isOpen && !isLive.value
  isLive.value = isOpen
  if (isBack) for (const comeback of comebacks) comeback()
}
