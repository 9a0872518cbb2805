// Loaded into the server before its own code (node --import): writes down after each flush how much of SQLite's write-ahead log the
// disk has for certain. power-cut.ts takes away what is behind that.
//   FLUSHED_LOG=<file>   where it is written down
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

export const HEADER_BYTES = 32
export const FRAME_HEADER_BYTES = 24

/** A write-ahead log begins again with other salts; frames of before stay behind those that are written since. */
export interface LogPlace {
  readonly salts: string
  readonly pageBytes: number
  /** Where the last frame ends. */
  readonly end: number
}

const read = (file: number, at: number, bytes: number): Buffer | undefined => {
  const data = Buffer.alloc(bytes)
  return fs.readSync(file, data, 0, bytes, at) === bytes ? data : undefined
}

/** Follows the frames from a place that was found before. */
export const placeIn = (file: number, from?: LogPlace): LogPlace | undefined => {
  const header = read(file, 0, HEADER_BYTES)
  if (header === undefined) return undefined
  const salts = header.toString('hex', 16, 24)
  const pageBytes = header.readUInt32BE(8)
  const frameBytes = FRAME_HEADER_BYTES + pageBytes
  let end = from?.salts === salts ? from.end : HEADER_BYTES
  while (read(file, end, FRAME_HEADER_BYTES)?.toString('hex', 8, 16) === salts) end += frameBytes
  return { salts, pageBytes, end: Math.min(end, fs.fstatSync(file).size) }
}

const follow = (record: string): void => {
  const fdatasync = fs.fdatasync
  let last: LogPlace | undefined
  const following = (file: number, callback: (error: NodeJS.ErrnoException | null) => void): void => {
    const place = placeIn(file, last)
    last = place
    fdatasync(file, error => {
      if (error === null && place !== undefined) fs.writeFileSync(record, JSON.stringify(place))
      callback(error)
    })
  }
  Reflect.set(fs, 'fdatasync', following)
  syncBuiltinESMExports()
}

const record = process.env['FLUSHED_LOG']
if (record !== undefined && record !== '') follow(record)
