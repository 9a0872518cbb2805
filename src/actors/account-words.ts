// What a person is told about the ends of an account, and what to do.
import type { EndReason } from '../machines/account.ts'

export const END_WORDS: Readonly<
  Record<EndReason, { severity: 'info' | 'warning' | 'error'; happened: string; advice: string }>
> = {
  loggedOut: {
    severity: 'warning',
    happened: 'The device was unlinked',
    advice: 'Link the account again (POST …/pair) and scan the QR code with its phone, or delete the account'
  },
  replaced: {
    severity: 'warning',
    happened: 'Another program connected with the credentials of this account',
    advice: 'Stop the other program, then POST …/connect'
  },
  banned: {
    severity: 'error',
    happened: 'WhatsApp has banned or suspended this account',
    advice: 'Open WhatsApp on the phone for the reason and for how to appeal; then POST …/connect'
  },
  badSession: {
    severity: 'error',
    happened: 'WhatsApp did not accept the stored session twice in a row',
    advice: 'Link the account again (POST …/pair)'
  },
  updateNeeded: {
    severity: 'error',
    happened: 'WhatsApp no longer accepts this version of the client',
    advice: 'Update Backscroll, then POST …/connect'
  },
  notLinked: {
    severity: 'info',
    happened: 'No phone was linked in time',
    advice: 'Try again with the phone at hand (POST …/pair)'
  }
}

export const UNLINKING = {
  kind: 'account.logoutUnconfirmed',
  severity: 'warning',
  happened: 'WhatsApp did not confirm the logout',
  did: 'The account stays linked and online',
  advice: 'Try again (POST …/logout), or remove the device on the phone under Linked devices'
} as const
