// Who uses the console in this tab: the key, what it may do, and the client that asks with it. The key is kept for this tab only and
// goes into a header, so that no other site can use it.
import { computed, effect, signal } from '@preact/signals'
import { Backscroll, BackscrollError, type Me } from '../client/index.ts'
import { heardConnection, isLive } from './events.ts'

const STORED_AS = 'backscroll.key'
const ROLES = ['viewer', 'agent', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export interface Session {
  readonly client: Backscroll
  readonly me: Me
}

export const session = signal<Session | undefined>(undefined)
/** Whether the server answered the last time it was asked. */
export const isReachable = signal(true)
/** Whether the server does not answer, and no events come either: that is said above everything. */
export const isAway = computed(() => !isReachable.value && !isLive.value)
/** Whether the session ended because its key opens nothing any more. */
export const isRefused = signal(false)

const isEventStream = (input: RequestInfo | URL): boolean =>
  typeof input === 'string' && input.startsWith(`${location.origin}/v1/events`)

export const signOut = (): void => {
  sessionStorage.removeItem(STORED_AS)
  session.value = undefined
}

/** Tells whether the server can be reached, by whatever is asked. The client asks for events anew as soon as they have ended. */
const watchedFetch: typeof fetch = async (input, init) => {
  const isStream = isEventStream(input)
  if (isStream) heardConnection(false)
  try {
    const response = await fetch(input, init)
    isReachable.value = true
    if (isStream && response.ok) heardConnection(true)
    if (response.status === 401 && session.value !== undefined) {
      signOut()
      isRefused.value = true
    }
    return response
  } catch (error) {
    if (init?.signal?.aborted !== true) isReachable.value = false
    throw error
  }
}

export const clientWith = (key: string): Backscroll =>
  new Backscroll({ url: location.origin, key, fetch: watchedFetch, attempts: 3, longestDelayMs: 5000 })

/** Signs in; rejects with what the server says of the key. */
export const signIn = async (key: string): Promise<void> => {
  const client = clientWith(key)
  const me = await client.call('me')
  sessionStorage.setItem(STORED_AS, key)
  isRefused.value = false
  session.value = { client, me }
}

/** Goes on where this tab was; a key that does not open anything any more is forgotten. */
export const resume = async (): Promise<void> => {
  const key = sessionStorage.getItem(STORED_AS)
  if (key === null) return
  try {
    await signIn(key)
  } catch (error) {
    if (error instanceof BackscrollError) signOut()
    else throw error
  }
}

/** The client of whoever is signed in; only what is shown to them calls it. */
export const client = (): Backscroll => {
  if (session.value === undefined) throw new Error('Nobody is signed in')
  return session.value.client
}

const role = computed(() => session.value?.me.role ?? 'viewer')

/** Whether the role of the key includes what this one may do. */
export const may = (needed: Role): boolean => ROLES.indexOf(role.value) >= ROLES.indexOf(needed)

/** Whether the key may post statuses, and this server posts any. */
export const mayPostStatuses = (): boolean => may('agent') && session.value?.me.postsStatuses === true

/** Whether the key is for all accounts: only such a key creates accounts and asks for what is about all of them. */
export const mayAll = (needed: Role): boolean => may(needed) && session.value?.me.accounts === 'all'

/** Does this for each session, and what it returns when the session ends. */
export const duringSession = (start: (session: Session) => () => void): void => {
  effect(() => {
    const present = session.value
    return present === undefined ? undefined : start(present)
  })
}
