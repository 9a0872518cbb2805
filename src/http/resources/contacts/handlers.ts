// Contacts over HTTP: which numbers are on WhatsApp.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { isPhoneJid, phoneNumberOf, recipientJid } from '../../../domain/jid.ts'
import type { Accounts } from '../../../services/accounts.ts'
import { WhatsApp } from '../../../services/whatsapp/whatsapp.ts'
import { Api } from '../../api.ts'
import { findAccount } from '../../lookup.ts'
import { badField, databaseFailed, WhatsAppSilent, WrongState } from '../../problems.ts'
import type { CheckedNumber } from './contract.ts'

const phoneJidOf = (number: string, place: number) => {
  const jid = recipientJid(number)
  return jid !== undefined && isPhoneJid(jid)
    ? Effect.succeed(jid)
    : badField('payload', `numbers.${place}`, 'Expected a phone number with country code')
}

const plusNumber = (jid: string | null): string | null => {
  const digits = jid === null ? undefined : phoneNumberOf(jid)
  return digits === undefined ? null : `+${digits}`
}

const check = Effect.fnUntraced(function* (accountId: string, numbers: ReadonlyArray<string>) {
  const whatsapp = yield* WhatsApp
  const { state } = yield* findAccount(accountId)
  const jids = yield* Effect.forEach(numbers, phoneJidOf)
  const answers = yield* whatsapp.checkNumbers(accountId, jids).pipe(
    Effect.catchTags({
      ...databaseFailed,
      NotConnected: () =>
        Effect.fail(
          new WrongState({
            state,
            detail: 'The account is not online, so WhatsApp cannot be asked. Connect it first'
          })
        ),
      NotConfirmed: () =>
        Effect.fail(
          new WhatsAppSilent({ detail: 'WhatsApp did not answer about these numbers; try again later' })
        )
    })
  )
  return {
    numbers: answers.map(({ answeredAt, jid, lid }, place): CheckedNumber => ({
      number: numbers[place] ?? '',
      exists: jid !== null,
      jid,
      lid,
      canonicalNumber: plusNumber(jid),
      checkedAt: answeredAt
    }))
  }
})

export const contactsLayer = HttpApiBuilder.group(
  Api,
  'contacts',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts | WhatsApp>()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      check: ({ params, payload }) => provide(check(params.accountId, payload.numbers))
    })
  })
)
