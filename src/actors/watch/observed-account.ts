// The state of an account, read from a snapshot of its actor.
import { Schema } from 'effect'
import { type SnapshotFrom, StateMachine } from 'xstate'
import { AccountState, type Suspension } from '../../domain/account.ts'
import { accountMachine } from '../../machines/account.ts'

export interface ObservedState {
  readonly state: AccountState
  /** WhatsApp's code of the connection that ended last. */
  readonly code: number | null
  readonly suspension: Suspension | null
}

/** The innermost state of a state value such as `{ session: { online: 'open' } }`. */
export const leafOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value)
  const [inner] = Object.values(value)
  return leafOf(inner)
}

export const isAccountState = Schema.is(AccountState)

/** `undefined` for a transient state (`deciding`, `entering`), and for a snapshot of anything but an account. */
export const observedState = (snapshot: unknown): ObservedState | undefined => {
  if (!isAccount(snapshot)) return undefined
  const leaf = leafOf(snapshot.value)
  const { lastDisconnect, suspension } = snapshot.context
  return isAccountState(leaf) ? { state: leaf, code: lastDisconnect?.code ?? null, suspension } : undefined
}

const isAccount = (snapshot: unknown): snapshot is SnapshotFrom<typeof accountMachine> =>
  typeof snapshot === 'object' &&
  snapshot !== null &&
  'machine' in snapshot &&
  snapshot.machine instanceof StateMachine &&
  snapshot.machine.id === accountMachine.id
