// Taking over a linked session over HTTP: the session is read and stored, and its refusals become problems.
import { Effect } from 'effect'
import type { HttpServerRequest } from 'effect/http'
import { Accounts, type ImportedAccount } from '../../../services/accounts.ts'
import { readDocument } from '../../../services/whatsapp/transfer/read.ts'
import type { SessionRefused } from '../../../services/whatsapp/transfer/refusal.ts'
import { linkedSession } from '../../../services/whatsapp/transfer/session.ts'
import { auditMade } from '../../auth/auditing.ts'
import { isYes } from '../../fields.ts'
import { badField, databaseFailed, SessionInUse, SessionUnusable } from '../../problems.ts'
import { type ImportFields, readImport } from './import-body.ts'
import { accountResponse } from './response.ts'

const refused = ({ accountId, detail, missing, reason }: SessionRefused) =>
  reason === 'alreadyHere' || reason === 'usedBefore'
    ? new SessionInUse({ reason, accountId, detail })
    : new SessionUnusable({ reason, missing, detail })

/** WhatsApp's refusals: the account stays, in the state that says so. */
const settled = Effect.fnUntraced(function* ({ outcome, view }: ImportedAccount) {
  const { accountId } = view.record
  if (outcome === 'connectedElsewhere')
    return yield* new SessionInUse({
      reason: outcome,
      accountId,
      detail: `Another server connected with this session at once. It is kept as ${accountId}, in the state "replaced": stop the other server for good, then POST /v1/accounts/${accountId}/connect`
    })
  if (outcome === 'unlinked')
    return yield* new SessionInUse({
      reason: outcome,
      accountId,
      detail: `WhatsApp does not know this device any more: it was unlinked. It is kept as ${accountId}; link it anew with POST /v1/accounts/${accountId}/pair, or delete it`
    })
  return outcome
})

export const importSession = Effect.fnUntraced(
  function* (query: ImportFields, request: HttpServerRequest.HttpServerRequest) {
    const accounts = yield* Accounts
    const { bytes, fields } = yield* readImport(query, request)
    const { again, name, session: chosen } = fields
    if (name === undefined) return yield* badField('query', 'name', 'Expected a name for the account')
    const session = yield* linkedSession(yield* readDocument(bytes, chosen))
    const imported = yield* accounts.takeOver(session, { name, again: isYes(again) ?? false })
    yield* auditMade('accountId', imported.view.record.accountId)
    const outcome = yield* settled(imported)
    const account = yield* accountResponse(imported.view)
    return { account, outcome, taken: session.taken, leftOut: session.leftOut }
  },
  work => Effect.catchTags(work, { ...databaseFailed, SessionRefused: error => Effect.fail(refused(error)) })
)
