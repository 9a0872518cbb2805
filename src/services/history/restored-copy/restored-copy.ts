// The server was started on an older copy of its database. What came since was acknowledged to WhatsApp and is nowhere here: only the
// phones have it.
import { Clock, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { AccountStore } from '../../conversations/account-store.ts'
import { type FoundDatabase, Generation } from '../../database/generation.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Coverage } from '../coverage/coverage.ts'
import { renewSignalState } from '../../whatsapp/renewal.ts'

type OlderCopy = Extract<FoundDatabase, { readonly kind: 'older' }>

const timeOf = (since: number | null): string =>
  since === null ? 'an unknown time' : `${new Date(since).toISOString().slice(0, 16)}Z`

const reportCopy = Effect.fnUntraced(function* ({ reason, since }: OlderCopy, linked: number) {
  const incidents = yield* Incidents
  yield* incidents.report({
    accountId: null,
    kind: 'storage.restored',
    severity: 'warning',
    subject: 'restored copy',
    happened: `The database is a copy, as of ${timeOf(since)} or later: ${reason}`,
    did: `What came since is missing. Of ${linked} linked accounts every conversation gets a gap, which the phone is asked to fill, and Signal sessions are renewed`,
    advice:
      'Keep the phones online until coverage is complete (GET /v1/accounts/{accountId}/coverage). Never start the server that the copy was made from again'
  })
})

/** Notes what an older copy lacks. Repeated as a whole if it does not come to its end. */
const takeUp = Effect.fnUntraced(function* (found: OlderCopy) {
  const accounts = yield* AccountStore
  const coverage = yield* Coverage
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  let linked = 0
  for (const { accountId } of yield* accounts.list) {
    const isLinked = yield* sql.withTransaction(
      Effect.gen(function* () {
        if (!(yield* renewSignalState(accountId, now))) return false
        // As after an absence that WhatsApp's queue does not bridge; the phone is asked once the account is online.
        yield* coverage.noteOutage(accountId, now)
        return true
      })
    )
    if (isLinked) linked += 1
  }
  yield* reportCopy(found, linked)
})

/** To be built before any account is started. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const generation = yield* Generation
    if (generation.found.kind === 'older') yield* takeUp(generation.found)
    yield* generation.begin
  })
)
