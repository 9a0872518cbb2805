// What the account machine can be given, and what tells its states apart: for whoever walks its paths.
import { ENDED_STATES } from '../../src/domain/account.ts'
import type { Disconnect, Suspension } from '../../src/domain/account.ts'
import { disconnectTable, type Verdict } from '../../src/domain/disconnect.ts'
import type { PasskeyAssertion, PasskeyOptions } from '../../src/domain/passkey.ts'
import type { AccountEvent, AccountInput } from '../../src/machines/account.ts'
import type { Path } from './model.ts'

export const DISCONNECT: Disconnect = { code: 1, source: 'streamError', condition: null, reason: '', at: 1 }
export const SUSPENSION: Suspension = { code: 101, reason: '', until: 2, since: 1 }

export const LINKED: AccountInput = {
  accountId: 'acc-1',
  linked: true,
  wanted: true,
  ended: null,
  lastDisconnect: null,
  suspension: null
}
/** Never linked. */
export const FRESH: AccountInput = { ...LINKED, linked: false, wanted: false }
/** Everything an account can begin as. */
export const INPUTS: ReadonlyArray<AccountInput> = [
  FRESH,
  LINKED,
  { ...LINKED, wanted: false },
  ...ENDED_STATES.map(ended => ({ ...LINKED, ended, linked: ended !== 'loggedOut' })),
  { ...LINKED, suspension: SUSPENSION },
  { ...LINKED, suspension: SUSPENSION, wanted: false },
  // Crashed again and again before anybody linked it.
  { ...LINKED, linked: false, ended: 'failed' }
]

export const verdicts: ReadonlyArray<Verdict> = [
  ...new Set(disconnectTable().map(({ verdict }) => verdict)),
  'unknown'
]

export const PASSKEY_OPTIONS: PasskeyOptions = { challenge: 'AAAA', rpId: 'whatsapp.com' }
export const ASSERTION: PasskeyAssertion = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' }
}

const SAMPLES: { readonly [Type in AccountEvent['type']]: ReadonlyArray<AccountEvent> } = {
  'command.pair': [{ type: 'command.pair', pairing: { method: 'qr' } }],
  'command.connect': [{ type: 'command.connect' }],
  'command.disconnect': [{ type: 'command.disconnect' }],
  'command.logout': [{ type: 'command.logout' }],
  'socket.qrOffered': [{ type: 'socket.qrOffered', qr: 'QR', expiresAt: 1 }],
  'socket.codeOffered': [{ type: 'socket.codeOffered', code: 'CODE', expiresAt: 1 }],
  'command.assertPasskey': [{ type: 'command.assertPasskey', assertion: ASSERTION }],
  'command.confirmPasskey': [{ type: 'command.confirmPasskey' }],
  'socket.passkeyRequested': [
    { type: 'socket.passkeyRequested', options: PASSKEY_OPTIONS, expiresAt: 1, refusal: null }
  ],
  'socket.passkeyAccepted': [
    { type: 'socket.passkeyAccepted', code: 'ABCD-1234', expiresAt: 1 },
    { type: 'socket.passkeyAccepted', code: null, expiresAt: 1 }
  ],
  'socket.pairingRefused': [{ type: 'socket.pairingRefused', kind: 'passkeyRefused', reason: '' }],
  'socket.linked': [{ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: '1@lid', at: 1 }],
  'socket.opened': [{ type: 'socket.opened', jid: '1@s.whatsapp.net', lid: '1@lid' }],
  'socket.restrictionChanged': [{ type: 'socket.restrictionChanged', restriction: null }],
  'socket.closed': verdicts.map(verdict => ({
    type: 'socket.closed',
    verdict,
    disconnect: DISCONNECT
  }))
}

/** Timers and the ends of work come from the machine itself; everything else needs a sample above. */
export const sample = (type: string): ReadonlyArray<AccountEvent> => {
  if (type.startsWith('xstate.')) return [{ type } as never]
  const found = Object.entries(SAMPLES).find(([name]) => name === type)?.[1]
  if (found === undefined) throw new Error(`There is no sample of the event ${type}: add one`)
  return found
}

/** Without the restart, of which only the first one happens at once: told roughly, the next one looks the same. */
export const sampleRoughly = (type: string): ReadonlyArray<AccountEvent> =>
  sample(type).filter(event => event.type !== 'socket.closed' || event.verdict !== 'restart')

type Snapshot = Path['steps'][number]['state']

/**
 * What tells states of the account apart. Failures are counted out while linking only, and not beyond the sixth; while WhatsApp
 * asks for a passkey they make no difference.
 */
export const told = (snapshot: Snapshot): string => {
  const { context, value } = snapshot
  if (context.passkey !== null)
    return JSON.stringify([value, context.linked, context.passkey.code, context.passkey.isConfirmed])
  return JSON.stringify([
    value,
    context.linked,
    context.pairing,
    context.unconfirmed !== null,
    context.ended,
    context.restarted,
    context.suspension !== null,
    context.unlinking,
    context.pairing === null ? 0 : Math.min(context.attempts, 6)
  ])
}

/**
 * The same with what a person sees of it only, and without what WhatsApp asks for meanwhile: the paths of these are few enough
 * to be walked, all of them.
 */
export const toldRoughly = (snapshot: Snapshot): string => {
  const { context, value } = snapshot
  const state = snapshot.matches({ session: 'pairing' }) ? 'pairing' : value
  return JSON.stringify([state, context.linked, context.pairing !== null])
}
