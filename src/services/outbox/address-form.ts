// By which form of a person's address a message is sent. WhatsApp refuses the other one: numbers on accounts that are migrated to
// LIDs, LIDs on those that are not. What it refuses is sent once more by the other form, and what it takes is remembered.
import { Effect } from 'effect'
import { isLidJid, isPhoneJid } from '../../domain/jid.ts'
import { AccountStore } from '../conversations/account-store.ts'
import type { SendRefused } from '../whatsapp/errors.ts'
import type { Outgoing } from '../whatsapp/send.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { confirmNumberOf, type Recipient } from './current-recipient.ts'
import type { OutboxRow } from './entry-row.ts'

/** WhatsApp's answer to a number on a migrated account, and to a message that would start a conversation the account may not start. */
export const RESTRICTED = 463
/** WhatsApp's answer to a LID on an account that is not migrated, and to much else. */
const BAD_REQUEST = 400

/** The first address to send to, and the one to try if that is refused. Most accounts are migrated: of others WhatsApp says so. */
export const formsToTry = (
  { jid, lid, number }: Recipient,
  lidMigrated: boolean | null
): readonly [first: string, second?: string] => {
  if (lid === undefined || number === undefined) return [jid]
  return lidMigrated === false ? [number, lid] : [lid, number]
}

/** Whether WhatsApp may have refused the form of the address, and not the message. */
export const isRefusalOfForm = (address: string, code: number): boolean =>
  isPhoneJid(address) ? code === RESTRICTED : isLidJid(address) && code === BAD_REQUEST

/** Sends by the form that the account uses; succeeds with the time at which WhatsApp took it. */
export const sendByForm = Effect.fnUntraced(function* (
  row: OutboxRow,
  recipient: Recipient,
  outgoing: Omit<Outgoing, 'toJid' | 'number'>,
  lidMigrated: boolean | null
) {
  const accounts = yield* AccountStore
  const whatsapp = yield* WhatsApp
  const { accountId } = row
  const [first, second] = formsToTry(recipient, lidMigrated)

  const send = Effect.fnUntraced(function* (toJid: string) {
    if (isPhoneJid(toJid) && toJid !== recipient.jid) yield* confirmNumberOf(row, toJid)
    return yield* whatsapp.send(accountId, { ...outgoing, toJid, number: recipient.number })
  })

  const sendByOther = Effect.fnUntraced(function* (other: string, refusal: SendRefused) {
    const at = yield* send(other).pipe(
      // A restriction refuses both forms, each in its way.
      Effect.catchTag('SendRefused', again => Effect.fail(again.code === BAD_REQUEST ? refusal : again))
    )
    yield* accounts.update(accountId, { lidMigrated: isLidJid(other) })
    return at
  })

  return yield* send(first).pipe(
    Effect.catchTag('SendRefused', refusal =>
      second !== undefined && isRefusalOfForm(first, refusal.code)
        ? sendByOther(second, refusal)
        : Effect.fail(refusal)
    )
  )
})
