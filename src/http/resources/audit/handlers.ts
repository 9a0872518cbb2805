// The audit log over HTTP.
import { Clock, Effect, Option, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import type { AuditEntry } from '../../../domain/audit.ts'
import { decodePlace } from '../../../domain/page.ts'
import type { MessageFilter } from '../../../domain/reading.ts'
import { AuditLog } from '../../../services/access/audit-log.ts'
import type { DatabaseError } from '../../../services/database/error.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { messageFilter } from '../../message-filter.ts'
import { decodeCursorField, pageOf } from '../../paging.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import type { AuditFilter, AuditListQuery } from './contract.ts'

const PAGE = 100
const EXPORTED_AT_ONCE = 500

const list = Effect.fnUntraced(function* ({ cursor, limit = PAGE, ...filter }: AuditListQuery) {
  const audit = yield* AuditLog
  const { since, until } = yield* messageFilter(filter)
  const beyond = yield* decodeCursorField('cursor', cursor, text => {
    const id = Number(decodePlace(text)?.id)
    return Number.isSafeInteger(id) ? id : undefined
  })
  const found = yield* orDatabaseUnavailable(
    audit.list({ ...filter, since, until, beyond, order: 'newest', limit: limit + 1 })
  )
  const page = pageOf(found, limit, last => ({ time: last.at, id: String(last.auditId) }))
  return { entries: page.items, nextCursor: page.nextCursor }
})

type Times = Pick<MessageFilter, 'since' | 'until'>

const line = (value: object): string => `${JSON.stringify(value)}\n`

const lineOf = (entry: AuditEntry): string => line({ kind: 'entry', entry })

/** Page by page, so that a slow reader holds neither memory nor the database. */
const exportLines = (
  audit: AuditLog['Service'],
  filter: Omit<AuditFilter, 'since' | 'until'>,
  times: Times
) => {
  let entries = 0
  const pages = Stream.paginate<number | undefined, string, DatabaseError>(undefined, beyond =>
    Effect.map(
      audit.list({ ...filter, ...times, beyond, order: 'oldest', limit: EXPORTED_AT_ONCE }),
      found => {
        entries += found.length
        const last = found.length < EXPORTED_AT_ONCE ? undefined : found.at(-1)?.auditId
        return [[found.map(lineOf).join('')], Option.fromUndefinedOr(last)] as const
      }
    )
  )
  return Stream.concat(
    pages,
    Stream.sync(() => line({ kind: 'end', entries }))
  )
}

const download = Effect.fnUntraced(function* ({ since: _, until: __, ...filter }: AuditFilter, times: Times) {
  const audit = yield* AuditLog
  const stopping = yield* Stopping
  const day = new Date(yield* Clock.currentTimeMillis).toISOString().slice(0, 10)
  // An open connection would delay the end of the server. The missing last line shows that the export was cut off.
  const body = exportLines(audit, filter, times).pipe(
    Stream.interruptWhen(stopping.requested),
    Stream.encodeText
  )
  return HttpServerResponse.stream(body, {
    contentType: 'application/x-ndjson',
    headers: {
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="backscroll-audit-${day}.jsonl"`
    }
  })
})

const exportAll = Effect.fnUntraced(function* (filter: AuditFilter) {
  const { since, until } = yield* messageFilter(filter)
  return yield* download(filter, { since, until })
})

export const auditLayer = HttpApiBuilder.group(Api, 'audit', handlers =>
  handlers.handleAll({
    list: ({ query }) => list(query),
    export: ({ query }) => exportAll(query)
  })
)
