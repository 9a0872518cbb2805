// Several results: one line of JSON each for programs, a table for people.
import { Effect } from 'effect'
import { type Canvas, Screen } from './screen.ts'
import { type Cell, table } from './table.ts'

export interface Listing<A> {
  readonly headings: ReadonlyArray<string>
  readonly row: (value: A, canvas: Canvas) => ReadonlyArray<Cell | string>
  /** What is said where there is nothing to list. */
  readonly none: string
}

export const listing = Effect.fnUntraced(function* <A>(
  values: ReadonlyArray<A>,
  { headings, none, row }: Listing<A>
) {
  const screen = yield* Screen
  if (screen.json) return yield* screen.write(values.map(value => `${JSON.stringify(value)}\n`).join(''))
  if (values.length === 0) return yield* screen.say(none)
  const rows = values.map(value => row(value, screen.canvas))
  yield* screen.write(table(headings, rows, screen.canvas))
})
