// Contacts over HTTP: the people an account knows, and which numbers are on WhatsApp.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { isPhoneJid, phoneNumberOf, recipientJid } from '../../../domain/jid.ts'
import { decodePlace } from '../../../domain/page.ts'
import { ContactStore } from '../../../services/conversations/contact-store.ts'
import { WhatsApp } from '../../../services/whatsapp/whatsapp.ts'
import { Api } from '../../api.ts'
import { isYes } from '../../fields.ts'
import { findAccount } from '../../lookup.ts'
import { decodeCursorField, pageOf } from '../../paging.ts'
import {
  badField,
  databaseFailed,
  orDatabaseUnavailable,
  WhatsAppSilent,
  WrongState
} from '../../problems.ts'
import type { CheckedNumber, ContactListQuery } from './contract.ts'

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
        ),
      AskRefused: ({ reason }) => Effect.fail(new WhatsAppSilent({ detail: `${reason}; try again later` }))
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

const PAGE = 100

const list = Effect.fnUntraced(function* (accountId: string, query: ContactListQuery) {
  const contacts = yield* ContactStore
  yield* findAccount(accountId)
  const place = yield* decodeCursorField('cursor', query.cursor, decodePlace)
  const limit = query.limit ?? PAGE
  const found = yield* orDatabaseUnavailable(
    contacts.list(accountId, {
      text: query.q,
      saved: isYes(query.saved),
      after: place?.id,
      limit: limit + 1
    })
  )
  const page = pageOf(found, limit, ({ contactJid }) => ({ time: 0, id: contactJid }))
  return { contacts: page.items, nextCursor: page.nextCursor }
})

export const contactsLayer = HttpApiBuilder.group(Api, 'contacts', handlers =>
  handlers.handleAll({
    list: ({ params, query }) => list(params.accountId, query),
    check: ({ params, payload }) => check(params.accountId, payload.numbers)
  })
)
