// Commands to an account: handed to its actor, or refused with the state that does not allow them.
import { Effect } from 'effect'
import type { AccountCommand } from '../../../domain/account-command.ts'
import { Accounts } from '../../../services/accounts.ts'
import { accountFailures } from '../../lookup.ts'
import { type BadField, badField, orDatabaseUnavailable, WrongState } from '../../problems.ts'
import type { PairingRequest } from './contract.ts'
import { accountResponse } from './response.ts'

/** What to do instead of a refused command. */
const adviceFor = (command: string, state: string): string => {
  if (command === 'pair') {
    return 'An account that is linked needs logout first, one that is being linked needs disconnect.'
  }
  if (command === 'connect') {
    return state === 'stopped'
      ? 'Link it first, with pair.'
      : 'It is already online or connecting, or needs pair.'
  }
  if (command === 'assertPasskey') return 'WhatsApp waits for no assertion.'
  if (command === 'confirmPasskey') return 'There are no codes to compare.'
  if (command === 'logout') return 'Connect it first: only an online device can be unlinked.'
  return 'It is not connected.'
}

const refused = (command: string, state: string): WrongState =>
  new WrongState({
    state,
    detail: `"${command}" is not possible while the account is "${state}". ${adviceFor(command, state)}`
  })

/** Succeeds with the account right after the command was accepted. */
export const command = Effect.fnUntraced(
  function* (accountId: string, given: AccountCommand) {
    const accounts = yield* Accounts
    return yield* accounts.send(accountId, given)
  },
  (work, accountId) =>
    Effect.catchTags(work, {
      ...accountFailures(accountId),
      CommandRefused: ({ command: name, state }) => Effect.fail(refused(name, state))
    })
)

/** The same as a response. */
export const sendCommand = Effect.fnUntraced(function* (accountId: string, given: AccountCommand) {
  const view = yield* command(accountId, given)
  return yield* orDatabaseUnavailable(accountResponse(view))
})

/** The command that a request to link asks for. */
export const pairingCommand = ({
  method,
  phoneNumber
}: PairingRequest): Effect.Effect<AccountCommand, BadField> => {
  if (method === 'qr') return Effect.succeed({ type: 'command.pair', pairing: { method } })
  return phoneNumber === undefined
    ? Effect.fail(badField('payload', 'phoneNumber', 'Expected the number of the phone to link'))
    : Effect.succeed({
        type: 'command.pair',
        pairing: { method, phoneNumber: phoneNumber.replace('+', '') }
      })
}

export const pair = (accountId: string, request: PairingRequest) =>
  Effect.flatMap(pairingCommand(request), given => sendCommand(accountId, given))
