// Exports over HTTP: a thread or all threads of an account, as a file of JSON Lines.
import { Clock, Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { AccountStore } from '../../../services/conversations/account-store.ts'
import { ExportStore } from '../../../services/conversations/export-store.ts'
import { exportOf } from '../../../services/conversations/export.ts'
import { ThreadStore } from '../../../services/conversations/thread-store.ts'
import { LiveTraffic } from '../../../services/journal/traffic.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { findAccount, findThread } from '../../lookup.ts'
import { messageFilter } from '../../message-filter.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import type { ExportQuery } from './contract.ts'

const fileNameOf = (name: string, now: number): string => {
  const plain = name.replaceAll(/[^\w.-]+/g, '_').slice(0, 120)
  return `backscroll-${plain}-${new Date(now).toISOString().slice(0, 10)}.jsonl`
}

const download = Effect.fnUntraced(function* (
  name: string,
  threadIds: ReadonlyArray<string>,
  query: ExportQuery
) {
  const sources = {
    accounts: yield* AccountStore,
    exports: yield* ExportStore,
    threads: yield* ThreadStore,
    turn: (yield* LiveTraffic).quiet('part')
  }
  const stopping = yield* Stopping
  const filter = yield* messageFilter(query)
  const fileName = fileNameOf(name, yield* Clock.currentTimeMillis)
  const lines = exportOf(sources, threadIds, filter).pipe(
    Stream.map(batch => batch.map(line => `${JSON.stringify(line)}\n`).join('')),
    // An open connection would delay the end of the server. The missing last line shows that the export was cut off.
    Stream.interruptWhen(stopping.requested),
    Stream.encodeText
  )
  return HttpServerResponse.stream(lines, {
    contentType: 'application/x-ndjson',
    headers: { 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${fileName}"` }
  })
})

const exportThread = Effect.fnUntraced(function* (requested: string, query: ExportQuery) {
  const { clientJid, threadId } = yield* findThread(requested)
  return yield* download(clientJid, [threadId], query)
})

const exportAccount = Effect.fnUntraced(function* (accountId: string, query: ExportQuery) {
  const threads = yield* ThreadStore
  yield* findAccount(accountId)
  const threadIds = yield* orDatabaseUnavailable(threads.ids(accountId))
  return yield* download(accountId, threadIds, query)
})

export const exportLayer = HttpApiBuilder.group(Api, 'export', handlers =>
  handlers.handleAll({
    thread: ({ params, query }) => exportThread(params.threadId, query),
    account: ({ params, query }) => exportAccount(params.accountId, query)
  })
)
