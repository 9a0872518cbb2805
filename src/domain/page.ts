// Cursors: an opaque place in an order by (time, id), stable whatever is inserted before or after it.

/** A place between two rows. */
export interface Cursor {
  readonly time: number
  readonly id: string
  /** Of messages: orders those of one second, and stays when the message is deleted or its thread merged. */
  readonly row?: number
}

export const encodeCursor = ({ time, id, row }: Cursor): string =>
  Buffer.from(row === undefined ? `${time} ${id}` : `${time} ${id} ${row}`).toString('base64url')

const decodeCursor = (text: string): Cursor | undefined => {
  const match = /^(\d{1,16}) (\S{1,256})(?: (\d{1,15}))?$/.exec(Buffer.from(text, 'base64url').toString())
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const place = { time: Number(match[1]), id: match[2] }
  return match[3] === undefined ? place : { ...place, row: Number(match[3]) }
}

/** The place among messages that a cursor names, or `undefined` when the text is none of ours. */
export const decodeMessagePlace = (text: string): Cursor | undefined => {
  const cursor = decodeCursor(text)
  return cursor?.row === undefined ? undefined : cursor
}

/** The same among anything else: threads, jobs, outbox entries. */
export const decodePlace = (text: string): Cursor | undefined => {
  const cursor = decodeCursor(text)
  return cursor?.row === undefined ? cursor : undefined
}

/** A place in the hits of a search: newest first, or at a rank among the hits that were there when it began. */
export interface SearchCursor {
  /** The second (since 1970) and row of the message: the last one shown, or the newest one of a ranked search. */
  readonly second: number
  readonly row: number
  readonly rank?: number
}

export const encodeSearchCursor = ({ rank, row, second }: SearchCursor): string =>
  Buffer.from(rank === undefined ? `n ${second} ${row}` : `r ${second} ${row} ${rank}`).toString('base64url')

export const decodeSearchCursor = (text: string): SearchCursor | undefined => {
  const match = /^(?:n (\d{1,10}) (\d{1,10})|r (\d{1,10}) (\d{1,10}) (\d{1,6}))$/.exec(
    Buffer.from(text, 'base64url').toString()
  )
  if (match === null) return undefined
  return match[5] === undefined
    ? { second: Number(match[1]), row: Number(match[2]) }
    : { second: Number(match[3]), row: Number(match[4]), rank: Number(match[5]) }
}
