// What accounts that are being linked have on offer now: codes that would let others link are in memory only, and not in the log of events.
import { Context, Effect, Layer } from 'effect'
import type { Offer, PasskeyRequest } from '../../domain/events/account-events.ts'
import { AccountMemory } from '../process/account-memory.ts'

export interface LinkingState {
  readonly offer: Offer | null
  readonly passkey: PasskeyRequest | null
}

const NOTHING_ON_OFFER: LinkingState = { offer: null, passkey: null }

export class Linking extends Context.Service<
  Linking,
  {
    readonly of: (accountId: string) => LinkingState
    readonly set: (accountId: string, state: LinkingState) => void
  }
>()('backscroll/services/events/Linking') {
  static readonly layer: Layer.Layer<Linking, never, AccountMemory> = Layer.effect(
    Linking,
    Effect.map(AccountMemory, memory => makeLinking(memory.register('events.linking', new Map())))
  )
}

export const makeLinking = (states: Map<string, LinkingState>): Linking['Service'] =>
  Linking.of({
    of: accountId => states.get(accountId) ?? NOTHING_ON_OFFER,
    set: (accountId, state) => {
      if (state.offer === null && state.passkey === null) states.delete(accountId)
      else states.set(accountId, state)
    }
  })
