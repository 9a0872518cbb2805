// The incidents that accounts report, with their texts: ends, an unconfirmed logout, crashes.
import type { Effect } from 'effect'
import type { Disconnect, PairingFailure, Suspension } from '../domain/account.ts'
import type { EndReason } from '../machines/account.ts'
import { Incidents } from '../services/incidents/incidents.ts'

type Report = Parameters<Incidents['Service']['report']>[0]
type AccountIncident = Pick<Report, 'kind' | 'severity' | 'happened' | 'did' | 'advice'>

/** Reports an incident whose subject is the account itself: a repeat raises its count. */
export const reportIncident = (
  accountId: string,
  incident: AccountIncident
): Effect.Effect<void, never, Incidents> =>
  Incidents.use(incidents => incidents.report({ accountId, subject: accountId, ...incident }))

/** What happened and what to do, for each end of an account. */
export const END_INCIDENTS: Readonly<
  Record<EndReason, Pick<AccountIncident, 'severity' | 'happened' | 'advice'>>
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
    happened: 'WhatsApp has banned this account',
    advice: 'Open WhatsApp on the phone for the reason and for how to appeal; then POST …/connect'
  },
  locked: {
    severity: 'error',
    happened: 'WhatsApp has locked this account',
    advice: 'Open WhatsApp on the phone: it says what unlocks the account; then POST …/connect'
  },
  suspended: {
    severity: 'error',
    happened: 'WhatsApp has suspended this account for a time',
    advice: 'Open WhatsApp on the phone for the reason. POST …/connect tries earlier'
  },
  updateNeeded: {
    severity: 'error',
    happened: 'WhatsApp no longer accepts this version of the client',
    advice: 'Do what the text says, or update Backscroll; then POST …/connect'
  },
  notLinked: {
    severity: 'info',
    happened: 'No phone was linked in time',
    advice: 'Try again with the phone at hand (POST …/pair)'
  },
  codeRefused: {
    severity: 'warning',
    happened: 'WhatsApp gives no pairing code',
    advice: 'Check the phone number with its country code, or link by QR code (POST …/pair)'
  },
  passkeyRefused: {
    severity: 'warning',
    happened: 'WhatsApp did not accept the passkey',
    advice: 'Link again (POST …/pair), with a passkey of this very account'
  },
  passkeyExpired: {
    severity: 'info',
    happened: 'The passkey that WhatsApp asked for was not given in time',
    advice: 'Link again with the owner of the account at hand (POST …/pair)'
  }
}

/** What is known of this very end beyond its kind; appended to what happened. */
export const endDetail = (
  kind: EndReason,
  {
    disconnect,
    pairingFailure,
    suspension
  }: {
    readonly disconnect: Disconnect | null
    readonly pairingFailure: PairingFailure | null
    readonly suspension: Suspension | null
  }
): string => {
  if (kind === 'notLinked' || kind === 'updateNeeded')
    return disconnect === null ? '' : `: ${disconnect.reason}`
  if (kind === pairingFailure?.kind && kind !== 'passkeyExpired') return `: ${pairingFailure.reason}`
  if (kind !== 'suspended' || suspension === null) return ''
  const { code, reason, until } = suspension
  const cause = code === null ? reason : `${reason} (code ${code})`
  return until === null
    ? `, without saying for how long. ${cause}`
    : `, until ${new Date(until).toISOString()}. ${cause}`
}

export const endIncident = (kind: EndReason, detail: string): AccountIncident => ({
  ...END_INCIDENTS[kind],
  kind: `account.${kind}`,
  did:
    kind === 'suspended'
      ? 'The account stays offline until then and connects again by itself; everything received is kept'
      : 'The account stays offline until a person acts; everything received is kept',
  happened: END_INCIDENTS[kind].happened + detail
})

export const UNKNOWN_DISCONNECT = {
  kind: 'account.unknownDisconnect',
  severity: 'warning',
  happened: 'WhatsApp ended a connection in a way that this version does not know',
  did: 'The account connects again, later each time it happens; everything received is kept',
  advice: 'Report it with the code, so that a later version knows what it means'
} as const satisfies AccountIncident

/** One incident for each code and account; the code stands in the text. */
export const reportUnknownEnd = (
  accountId: string,
  { code, condition, reason, source }: Disconnect
): Effect.Effect<void, never, Incidents> =>
  Incidents.use(incidents =>
    incidents.report({
      ...UNKNOWN_DISCONNECT,
      accountId,
      subject: [source, code, condition].join(' '),
      happened: reason
    })
  )

export const LOGOUT_UNCONFIRMED = {
  kind: 'account.logoutUnconfirmed',
  severity: 'warning',
  happened: 'WhatsApp did not confirm the logout',
  did: 'The account stays linked and online',
  advice: 'Try again (POST …/logout), or remove the device on the phone under Linked devices'
} as const satisfies AccountIncident

export const CRASHED = {
  kind: 'account.crashed',
  severity: 'warning',
  happened: 'The account crashed',
  did: 'It was restarted; the other accounts were not touched',
  advice: 'Nothing, unless it happens again: then report it with the log'
} as const satisfies AccountIncident

/** The same kind as a single crash: it replaces its text. */
export const GIVEN_UP = {
  kind: 'account.crashed',
  severity: 'error',
  happened: 'The account crashed again and again',
  did: 'It was stopped and waits in state failed',
  advice: 'Report it with the log; POST …/restart tries again'
} as const satisfies AccountIncident
