// What was deleted leaves the files, too: removed words the search index, and old pages the write-ahead log.
import { Effect, Layer, Schedule } from 'effect'
import { SqlClient } from 'effect/sql'
import { emptyLog } from '../database/dialect.ts'
import { isUnmerged, mergeEntries, setRemoval } from './sql/search-fts5.ts'

/** The longest time for which something deleted may still be in the files. */
const EVERY = '20 seconds'

/** Takes the words of removed messages out of the search index, in small steps. */
const mergeSearchIndex = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  if (!(yield* isUnmerged(sql))) return
  yield* setRemoval(sql, 'merging')
  let isFirst = true
  while (!(yield* mergeEntries(sql, isFirst))) {
    isFirst = false
    yield* Effect.yieldNow
  }
  yield* sql.withTransaction(
    Effect.gen(function* () {
      const [row] = yield* sql<{ v: number }>`SELECT v FROM message_search_config WHERE k = 'secure-delete'`
      // An account that was removed meanwhile has turned it off: there is more to merge.
      if (row?.v !== 0) yield* setRemoval(sql, 'atOnce')
    })
  )
})

/** Everything that was deleted before is gone from the files once this has succeeded. */
export const eraseDeleted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* mergeSearchIndex
  yield* emptyLog(sql)
})

/** Does so while anything changes. */
const eraseForever = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  let seen = -1
  const pass = Effect.gen(function* () {
    const [row] = yield* sql<{ changes: number }>`SELECT total_changes() AS changes`
    const changes = row?.changes ?? 0
    if (changes === seen) return
    yield* eraseDeleted
    seen = changes
  }).pipe(
    // The database fails, or another program reads it: the next pass does it.
    Effect.catch(error => Effect.logDebug('What was deleted is still in the files', error))
  )
  yield* Effect.repeat(pass, Schedule.spaced(EVERY))
})

export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.forkScoped(eraseForever)
)
