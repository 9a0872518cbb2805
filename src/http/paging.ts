// Pages of a list: cursors in a query, and the cursor of the next page.
import { Effect } from 'effect'
import { type Cursor, encodeCursor } from '../domain/page.ts'
import { type BadField, badField } from './problems.ts'

/** The cursor in a query field, if there is one. `decode` returns `undefined` for text that is not such a cursor. */
export const decodeCursorField = <A>(
  field: string,
  text: string | undefined,
  decode: (text: string) => A | undefined
): Effect.Effect<A | undefined, BadField> => {
  const cursor = text === undefined ? undefined : decode(text)
  return text !== undefined && cursor === undefined
    ? Effect.fail(badField('query', field, 'Expected a cursor from an earlier response, unchanged'))
    : Effect.succeed(cursor)
}

interface Direction {
  readonly before: Cursor | undefined
  readonly after: Cursor | undefined
}

/** The fields `before` and `after` of a list that is paged in both directions; at most one may be given. */
export const decodeDirection = Effect.fnUntraced(function* (
  query: { readonly before?: string | undefined; readonly after?: string | undefined },
  decode: (text: string) => Cursor | undefined
) {
  const before = yield* decodeCursorField('before', query.before, decode)
  const after = yield* decodeCursorField('after', query.after, decode)
  if (before !== undefined && after !== undefined) {
    return yield* badField('query', 'after', 'Give either before or after, not both')
  }
  const direction: Direction = { before, after }
  return direction
})

/** The cursors of a page that can be continued in both directions. */
export const encodeDirection = (page: {
  readonly older: Cursor | null
  readonly newer: Cursor | null
}): { readonly olderCursor: string | null; readonly newerCursor: string | null } => ({
  olderCursor: page.older && encodeCursor(page.older),
  newerCursor: page.newer && encodeCursor(page.newer)
})

/** The first `limit` items of a list that was read with a limit of one more, which tells whether there is a next page. */
export const pageOf = <A>(
  found: ReadonlyArray<A>,
  limit: number,
  cursorOf: (last: A) => Cursor
): { readonly items: ReadonlyArray<A>; readonly nextCursor: string | null } => {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    nextCursor: found.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null
  }
}
