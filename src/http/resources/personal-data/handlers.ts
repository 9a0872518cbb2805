// One person's data over HTTP.
import { Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { isGroupJid, recipientJid } from '../../../domain/jid.ts'
import { personArchive } from '../../../services/personal-data/archive.ts'
import { Erasures } from '../../../services/personal-data/erasures.ts'
import { hasPerson, personLines } from '../../../services/personal-data/export.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { auditMade } from '../../auth/auditing.ts'
import { findAccount } from '../../lookup.ts'
import { badField, NotFound, orDatabaseUnavailable, PersonUnknown } from '../../problems.ts'
import type { PersonRequest } from './contract.ts'

const PAGE = 50

const addressIn = ({ person }: PersonRequest) => {
  const jid = recipientJid(person)
  return jid === undefined || isGroupJid(jid)
    ? Effect.fail(
        badField('payload', 'person', 'Expected a phone number with country code, or the address of a person')
      )
    : Effect.succeed(jid)
}

const attachment = (contentType: string, name: string) => ({
  contentType,
  headers: { 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${name}"` }
})

/** An open connection would delay the end of the server. The missing end shows that the export was cut off. */
const untilStopping = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stopping, ({ requested }) => Stream.interruptWhen(stream, requested))

/** The address of a person of whom the account has something. */
const knownIn = Effect.fnUntraced(function* (accountId: string, request: PersonRequest) {
  yield* findAccount(accountId)
  const address = yield* addressIn(request)
  if (yield* orDatabaseUnavailable(hasPerson(accountId, address))) return address
  return yield* new PersonUnknown({
    detail: `The account ${accountId} has nothing about this person: no conversation, no contact, no message in a group, no mention, no reaction, no receipt. Check the number; the person may be known under another one`
  })
})

const download = Effect.fnUntraced(function* (accountId: string, request: PersonRequest) {
  const lines = yield* orDatabaseUnavailable(personLines(accountId, yield* knownIn(accountId, request)))
  const text = Stream.map(lines, batch => batch.map(line => `${JSON.stringify(line)}\n`).join(''))
  return HttpServerResponse.stream(
    Stream.encodeText(yield* untilStopping(text)),
    attachment('application/x-ndjson', 'backscroll-person.jsonl')
  )
})

const archive = Effect.fnUntraced(function* (accountId: string, request: PersonRequest) {
  const bytes = yield* orDatabaseUnavailable(personArchive(accountId, yield* knownIn(accountId, request)))
  return HttpServerResponse.stream(
    yield* untilStopping(bytes),
    attachment('application/zip', 'backscroll-person.zip')
  )
})

const start = Effect.fnUntraced(function* (accountId: string, request: PersonRequest) {
  const erasures = yield* Erasures
  yield* findAccount(accountId)
  const erasure = yield* orDatabaseUnavailable(erasures.start(accountId, yield* addressIn(request)))
  yield* auditMade('erasureId', erasure.erasureId)
  return erasure
})

const find = Effect.fnUntraced(function* (accountId: string, erasureId: string) {
  const erasures = yield* Erasures
  const erasure = yield* orDatabaseUnavailable(erasures.read(accountId, erasureId))
  return erasure ?? (yield* new NotFound({ detail: `There is no erasure ${erasureId}` }))
})

export const personalDataLayer = HttpApiBuilder.group(Api, 'personalData', handlers =>
  handlers.handleAll({
    export: ({ params, payload }) => download(params.accountId, payload),
    archive: ({ params, payload }) => archive(params.accountId, payload),
    erase: ({ params, payload }) => start(params.accountId, payload),
    erasures: ({ params, query }) =>
      orDatabaseUnavailable(
        Erasures.use(({ list }) => list(params.accountId, query.limit ?? PAGE)).pipe(
          Effect.map(erasures => ({ erasures }))
        )
      ),
    erasure: ({ params }) => find(params.accountId, params.erasureId)
  })
)
