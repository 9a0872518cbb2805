// The phone gives its linked devices another salt for the account's own tokens, as a record of app state.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { saltOf } from '../state/tokens.ts'
import { changeFromPhone } from './app-state.ts'

/** `nctSaltSyncAction` of the record's value, which Baileys' classes do not know; its field 1 is the salt. */
const SALT_ACTION = 80
const SALT_TAG = (1 << 3) | 2

export const changeTokenSalt = (network: Network, account: Account): Promise<void> => {
  account.saltNumber++
  const salt = saltOf(account)
  return changeFromPhone(network, account, {
    type: 'regular_high',
    index: ['nct_salt_sync'],
    syncAction: { timestamp: network.clock.milliseconds() },
    newer: { field: SALT_ACTION, value: Buffer.concat([Buffer.from([SALT_TAG, salt.length]), salt]) },
    apiVersion: 1,
    operation: proto.SyncdMutation.SyncdOperation.SET
  })
}
