// The passkey request of an account, and what is done about it.
import { Effect } from 'effect'
import { assertionFault, type PasskeyAssertion, WHATSAPP_ORIGIN } from '../../../domain/passkey.ts'
import type { AccountView, PasskeyView } from '../../../services/accounts.ts'
import { findAccount } from '../../lookup.ts'
import { badField, PairingRefused, WrongState } from '../../problems.ts'
import { command } from '../accounts/commands.ts'
import { consoleScript } from './script.ts'

const STEPS = {
  'pairing.passkey.requested': 'requested',
  'pairing.passkey.submitted': 'submitted',
  'pairing.passkey.confirming': 'confirming'
} as const

export type PasskeyStep = (typeof STEPS)[keyof typeof STEPS]

export const passkeyStepOf = ({ state }: AccountView): PasskeyStep | undefined => {
  const found = Object.entries(STEPS).find(([name]) => name === state)
  return found?.[1]
}

/** What an account that is asked for no passkey answers: how the linking ended, if it has. */
const notAsked = ({ pairingFailure, state }: AccountView): PairingRefused | WrongState =>
  pairingFailure !== null && !state.startsWith('pairing')
    ? new PairingRefused({ kind: pairingFailure.kind, detail: pairingFailure.reason })
    : new WrongState({
        state,
        detail: `WhatsApp asks for no passkey while the account is "${state}". It may do so after the QR code was scanned, or the pairing code was entered`
      })

const requestOf = (
  view: AccountView
): Effect.Effect<
  { readonly passkey: PasskeyView; readonly step: PasskeyStep },
  PairingRefused | WrongState
> => {
  const step = passkeyStepOf(view)
  return step === undefined || view.passkey === null
    ? Effect.fail(notAsked(view))
    : Effect.succeed({ passkey: view.passkey, step })
}

/** The request as a response shows it. */
export const passkeyResponse = Effect.fnUntraced(function* (view: AccountView) {
  const { passkey, step } = yield* requestOf(view)
  return { ...passkey, step, origin: WHATSAPP_ORIGIN, script: consoleScript(passkey.options) } as const
})

export const readPasskey = (accountId: string) => Effect.flatMap(findAccount(accountId), passkeyResponse)

/** What can be told from the assertion alone is told here: WhatsApp allows few attempts. */
export const assertPasskey = Effect.fnUntraced(function* (accountId: string, assertion: PasskeyAssertion) {
  const { passkey } = yield* requestOf(yield* findAccount(accountId))
  const fault = assertionFault(assertion, passkey.options)
  if (fault !== undefined) return yield* badField('payload', 'response.clientDataJSON', fault)
  const view = yield* command(accountId, { type: 'command.assertPasskey', assertion })
  return yield* passkeyResponse(view)
})

export const confirmPasskey = (accountId: string) =>
  Effect.flatMap(command(accountId, { type: 'command.confirmPasskey' }), passkeyResponse)
