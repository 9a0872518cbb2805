// The account that tests of sending send from.
import type { AccountRecord } from '../../../src/domain/account.ts'

export const ACCOUNT: AccountRecord = {
  accountId: 'acc-1',
  name: 'Shop',
  createdAt: 0,
  wanted: true,
  jid: '490@s.whatsapp.net',
  lid: '99@lid',
  ended: null,
  lastDisconnect: null,
  restriction: null,
  suspension: null,
  linkedAt: null,
  onlineAt: null,
  lidMigrated: null
}
