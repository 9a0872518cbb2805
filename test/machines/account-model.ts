// What the account machine can be given, and what tells its states apart: for whoever walks its paths.
import { ENDED_STATES } from '../../src/domain/account.ts'
import { disconnectTable } from '../../src/domain/disconnect.ts'
import type { AccountEvent, AccountInput } from '../../src/machines/account.ts'
import type { Path } from './model.ts'

export const LINKED: AccountInput = {
  accountId: 'acc-1',
  linked: true,
  wanted: true,
  ended: null,
  lastDisconnect: null
}
/** Never linked. */
export const FRESH: AccountInput = { ...LINKED, linked: false, wanted: false }
/** Everything an account can begin as. */
export const INPUTS: ReadonlyArray<AccountInput> = [
  FRESH,
  LINKED,
  { ...LINKED, wanted: false },
  ...ENDED_STATES.map(ended => ({ ...LINKED, ended, linked: ended !== 'loggedOut' })),
  // Crashed again and again before anybody linked it.
  { ...LINKED, linked: false, ended: 'failed' }
]

export const verdicts = [...new Set(disconnectTable().map(([, { verdict }]) => verdict))]

const SAMPLES: { readonly [Type in AccountEvent['type']]: ReadonlyArray<AccountEvent> } = {
  'command.pair': [{ type: 'command.pair', pairing: { method: 'qr' } }],
  'command.connect': [{ type: 'command.connect' }],
  'command.disconnect': [{ type: 'command.disconnect' }],
  'command.logout': [{ type: 'command.logout' }],
  'socket.qrOffered': [{ type: 'socket.qrOffered', qr: 'QR', expiresAt: 1 }],
  'socket.codeOffered': [{ type: 'socket.codeOffered', code: 'CODE', expiresAt: 1 }],
  'socket.linked': [{ type: 'socket.linked', jid: '1@s.whatsapp.net', lid: '1@lid', at: 1 }],
  'socket.opened': [{ type: 'socket.opened', jid: '1@s.whatsapp.net', lid: '1@lid' }],
  'socket.restrictionChanged': [{ type: 'socket.restrictionChanged', restriction: null }],
  'socket.closed': verdicts.map(verdict => ({
    type: 'socket.closed',
    verdict,
    disconnect: { code: 1, reason: '', at: 1 }
  }))
}

/** Timers and the ends of work come from the machine itself; everything else needs a sample above. */
export const sample = (type: string): ReadonlyArray<AccountEvent> => {
  if (type.startsWith('xstate.')) return [{ type } as never]
  const found = Object.entries(SAMPLES).find(([name]) => name === type)?.[1]
  if (found === undefined) throw new Error(`There is no sample of the event ${type}: add one`)
  return found
}

type Snapshot = Path['steps'][number]['state']

/** What tells states of the account apart; beyond the sixth failure in a row nothing changes any more. */
export const told = ({ context, value }: Snapshot): string =>
  JSON.stringify([
    value,
    context.linked,
    context.pairing,
    context.ended,
    context.badSession,
    context.unlinking,
    Math.min(context.attempts, 6)
  ])

/** The same with what a person sees of it only: the paths of these are few enough to be walked, all of them. */
export const toldRoughly = ({ context, value }: Snapshot): string =>
  JSON.stringify([value, context.linked, context.pairing !== null])
