// The state of an account, read from a snapshot of its actor.
import { Schema } from 'effect'
import { type SnapshotFrom, StateMachine } from 'xstate'
import { AccountState, type Suspension } from '../../domain/account.ts'
import { accountMachine } from '../../machines/account.ts'
import type { PairingOffer, PasskeyView } from '../../services/accounts.ts'

export interface ObservedState {
  readonly state: AccountState
  /** WhatsApp's code of the connection that ended last. */
  readonly code: number | null
  readonly suspension: Suspension | null
  readonly offer: PairingOffer | null
  readonly passkey: PasskeyView | null
}

/** The states in a state value such as `{ session: { online: 'open' } }`, from the outermost to the innermost. */
const pathOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== 'object' || value === null) return [String(value)]
  const [[name, inner] = ['', '']] = Object.entries(value)
  return [name, ...pathOf(inner)]
}

/** What a state value is called outside: its innermost state; while pairing, `pairing` and what WhatsApp asks for meanwhile. */
export const stateNameOf = (value: unknown): string => {
  const path = pathOf(value)
  const pairing = path.indexOf('pairing')
  const leaf = path.at(-1) ?? ''
  if (pairing === -1) return leaf
  return leaf === 'offering' ? 'pairing' : path.slice(pairing).join('.')
}

export const isAccountState = Schema.is(AccountState)

/** `undefined` for a transient state (`deciding`, `entering`), and for a snapshot of anything but an account. */
export const observedState = (snapshot: unknown): ObservedState | undefined => {
  if (!isAccount(snapshot)) return undefined
  const name = stateNameOf(snapshot.value)
  const { lastDisconnect, offer, passkey, suspension } = snapshot.context
  return isAccountState(name)
    ? { state: name, code: lastDisconnect?.code ?? null, offer, passkey, suspension }
    : undefined
}

const isAccount = (snapshot: unknown): snapshot is SnapshotFrom<typeof accountMachine> =>
  typeof snapshot === 'object' &&
  snapshot !== null &&
  'machine' in snapshot &&
  snapshot.machine instanceof StateMachine &&
  snapshot.machine.id === accountMachine.id
