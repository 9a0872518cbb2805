// Cursors: an opaque place in an order by (time, id), stable whatever is inserted before or after it.

/** A place between two rows. */
export interface Cursor {
  readonly time: number
  readonly id: string
}

export const encodeCursor = ({ time, id }: Cursor): string =>
  Buffer.from(`${time} ${id}`).toString('base64url')

/** The place a cursor names, or `undefined` when the text is none of ours. */
export const decodeCursor = (text: string): Cursor | undefined => {
  const match = /^(\d{1,16}) (\S{1,256})$/.exec(Buffer.from(text, 'base64url').toString())
  return match?.[1] !== undefined && match[2] !== undefined
    ? { time: Number(match[1]), id: match[2] }
    : undefined
}
