// Tokens by which an account shows that it may write to somebody: one that the recipient gave, or one that it makes itself with the
// salt that the phone gives its linked devices.
import { createHash, createHmac } from 'node:crypto'
import type { Account } from './account.ts'

/** What an account gives those who may write to it. */
export const givenToken = (giver: Account): Buffer =>
  createHash('sha256').update(`token of ${giver.lidUser}`).digest().subarray(0, 16)

/** The phone's salt; another one each time it is changed. */
export const saltOf = (account: Account): Buffer =>
  createHash('sha256').update(`salt ${account.saltNumber} of ${account.lidUser}`).digest()

export const ownToken = (account: Account, recipient: Account): Buffer =>
  createHmac('sha256', saltOf(account)).update(recipient.lid).digest()
