// What a person or an application asks of an account. The account's machine decides what it means in its present state.
import type { Pairing } from './connection.ts'
import type { PasskeyAssertion } from './passkey.ts'

export type AccountCommand =
  | { readonly type: 'command.pair'; readonly pairing: Pairing }
  | { readonly type: 'command.connect' }
  | { readonly type: 'command.disconnect' }
  | { readonly type: 'command.logout' }
  | { readonly type: 'command.assertPasskey'; readonly assertion: PasskeyAssertion }
  | { readonly type: 'command.confirmPasskey' }
