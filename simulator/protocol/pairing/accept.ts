// A phone accepts a device that it scanned or whose code it took: at once, or after the owner's passkey if WhatsApp asks for one.
import type { Account } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import type { Session, UnlinkedDevice } from '../../state/session.ts'
import { claimDevice } from './claim.ts'
import { demandPasskey } from './passkey.ts'

/** Resolves with the device's number once it is linked. */
export const acceptDevice = (
  network: Network,
  session: Session,
  unlinked: UnlinkedDevice,
  account: Account,
  advSecret: Buffer
): Promise<number> => {
  if (network.demandsPasskey(account)) {
    return demandPasskey(network, session, unlinked, account, advSecret)
  }
  unlinked.passkey?.reject(new Error('the phone links the client without a passkey'))
  unlinked.passkey = undefined
  return claimDevice(network, session, unlinked, account, advSecret)
}
