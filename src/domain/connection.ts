// What a WhatsApp connection tells its account, and how an account wants to be linked. Past facts, in words of ours.
import type { Disconnect, Restriction, Suspension } from './account.ts'
import type { Verdict } from './disconnect.ts'
import type { PasskeyOptions } from './passkey.ts'

export type Pairing = { readonly method: 'qr' } | { readonly method: 'code'; readonly phoneNumber: string }

/** Times are milliseconds since 1970. */
export type ConnectionEvent =
  | { readonly type: 'socket.qrOffered'; readonly qr: string; readonly expiresAt: number }
  | { readonly type: 'socket.codeOffered'; readonly code: string; readonly expiresAt: number }
  /** WhatsApp asks for the owner's passkey; `refusal` says why an assertion before was not accepted. */
  | {
      readonly type: 'socket.passkeyRequested'
      readonly options: PasskeyOptions
      readonly expiresAt: number
      readonly refusal: string | null
    }
  /** WhatsApp accepted the assertion; `code` is what the phone must show, too, or `null` when nobody has to compare. */
  | { readonly type: 'socket.passkeyAccepted'; readonly code: string | null; readonly expiresAt: number }
  /** The linking cannot go on; `reason` is for a person. */
  | {
      readonly type: 'socket.pairingRefused'
      readonly kind: 'codeRefused' | 'passkeyRefused'
      readonly reason: string
    }
  | {
      readonly type: 'socket.linked'
      readonly jid: string
      readonly lid: string | null
      readonly at: number
    }
  | { readonly type: 'socket.opened'; readonly jid: string; readonly lid: string | null }
  | {
      readonly type: 'socket.closed'
      readonly verdict: Verdict
      readonly disconnect: Disconnect
      /** With the verdict `suspended`. */
      readonly suspension?: Suspension | undefined
    }
  /** WhatsApp restricts the account, or (`null`) lifts what it had restricted. */
  | { readonly type: 'socket.restrictionChanged'; readonly restriction: Restriction | null }
