// What of an account's snapshot is the product's own words.
import { Schema } from 'effect'
import { type SnapshotFrom, StateMachine } from 'xstate'
import { AccountState } from '../../domain/account.ts'
import { accountMachine } from '../../machines/account.ts'

export interface Seen {
  readonly state: AccountState
  /** WhatsApp's code of the connection that ended last. */
  readonly code: number | null
}

/** The leaf of a state value such as `{ session: { online: 'open' } }`. */
export const leafOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value)
  const [inner] = Object.values(value)
  return leafOf(inner)
}

export const isState = Schema.is(AccountState)

/** What an account shows of itself; `undefined` in passing from one state to another, and of anything else. */
export const seenOf = (snapshot: unknown): Seen | undefined => {
  if (!isAccount(snapshot)) return undefined
  const leaf = leafOf(snapshot.value)
  return isState(leaf) ? { state: leaf, code: snapshot.context.lastDisconnect?.code ?? null } : undefined
}

const isAccount = (snapshot: unknown): snapshot is SnapshotFrom<typeof accountMachine> =>
  typeof snapshot === 'object' &&
  snapshot !== null &&
  'machine' in snapshot &&
  snapshot.machine instanceof StateMachine &&
  snapshot.machine.id === accountMachine.id
