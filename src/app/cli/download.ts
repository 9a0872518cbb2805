// Copies a response of the server into a new file, or to standard output, to its end.
import { fsyncSync, writeSync } from 'node:fs'
import { Effect, Option, Stream } from 'effect'
import { type CommandFailed, failed, wordsOf } from './failure.ts'
import { newFile, wordsOfFileError } from './files.ts'
import { withProgress } from './screen/progress.ts'
import { Screen } from './screen/screen.ts'
import { sizeText } from './screen/style.ts'

type Sink = (bytes: Uint8Array) => Effect.Effect<void, CommandFailed>

const diskFull = (cause: unknown) => failed(`The file cannot be written: ${wordsOfFileError(cause)}`)

/** Where the bytes go, and what is to be done at their end. Standard output takes text. */
const sinkFor = Effect.fnUntraced(function* (path: Option.Option<string>) {
  if (Option.isNone(path)) {
    const { write } = yield* Screen
    const decoder = new TextDecoder()
    return { put: (bytes: Uint8Array) => write(decoder.decode(bytes, { stream: true })), end: Effect.void }
  }
  const file = yield* newFile(path.value)
  const put: Sink = bytes =>
    Effect.try({
      try: () => {
        let written = 0
        while (written < bytes.length) written += writeSync(file, bytes, written)
      },
      catch: diskFull
    })
  return { put, end: Effect.try({ try: () => fsyncSync(file), catch: diskFull }) }
})

/** Longer than what the end of any export is recognised by. */
const TAIL_BYTES = 1000

/**
 * Copies the body that `request` answers to its end, which its last bytes prove, and answers how many bytes those were. The file is
 * made first: one that exists is told before the server has any work.
 */
export const download = Effect.fnUntraced(function* <R>(
  request: Effect.Effect<Response, CommandFailed, R>,
  path: Option.Option<string>,
  isEnd: (tail: Buffer) => boolean
) {
  const { end, put } = yield* sinkFor(path)
  const { body } = yield* withProgress(request, 'Waiting for the server')
  if (body === null) return yield* failed('The server sent nothing')
  let bytes = 0
  let last = Buffer.alloc(0)
  const copying = Stream.fromReadableStream({
    evaluate: () => body,
    onError: cause => failed(`The export was interrupted: ${wordsOf(cause)}. Run the command again`)
  }).pipe(
    Stream.runForEach(part => {
      bytes += part.length
      last = Buffer.concat([last, part]).subarray(-TAIL_BYTES)
      return put(part)
    })
  )
  yield* withProgress(copying, () => `Exported ${sizeText(bytes)}`)
  yield* end
  if (!isEnd(last))
    return yield* failed('The export is incomplete: the server ended it early. Run the command again')
  return bytes
}, Effect.scoped)

const LAST_LINE = /\{"kind":"end"[^\n]*\}\s*$/

/** Of an export in lines. */
export const isLastLine = (tail: Buffer): boolean => LAST_LINE.test(tail.toString('utf8'))
