// Finds the session in what was given: a zip, the files of a folder, or a JSON document. What it is is told by its content.
import { basename, dirname } from 'node:path/posix'
import { Effect, Option } from 'effect'
import { withoutNumbers } from '../../../domain/mask.ts'
import { type Files, isZip, readZip, textOf } from './archive.ts'
import { parseJson, parseJsonLines, unwrapJson } from './json.ts'
import { parseKeyName } from './key-names.ts'
import { LARGEST_DOCUMENT } from './limits.ts'
import { collectDocument, PartsCollector, type SessionParts } from './parts.ts'
import { refusal } from './refusal.ts'

/** In place of a file that is no JSON: the key counts as one that cannot be read. */
const UNREADABLE = null

const documentIn = (bytes: Uint8Array): Option.Option<unknown> => {
  const text = textOf(bytes)
  if (text === undefined) return Option.none()
  return Option.orElse(parseJson(text), () => parseJsonLines(text))
}

const collectFile = (parts: PartsCollector, path: string, bytes: Buffer): void => {
  const [folder, name] = [dirname(path), basename(path)]
  const document = Option.getOrElse(documentIn(bytes), () => UNREADABLE)
  const isPart = name === 'creds.json' || parseKeyName(name) !== undefined
  if (isPart) parts.named(basename(folder), name, unwrapJson(document))
  else collectDocument(parts, basename(folder), document)
}

const NONE = refusal(
  'noSession',
  'There is no session in it: expected creds.json with the key files beside it, or rows of a store'
)

/** The one session that is meant. Names of sessions are often phone numbers: they are masked. */
const choose = Effect.fnUntraced(function* (found: ReadonlyArray<SessionParts>, session: string | undefined) {
  const wanted = session === undefined ? found : found.filter(({ name }) => name === session)
  const [first] = wanted
  if (first === undefined) return yield* NONE
  if (wanted.length === 1) return first
  const names = wanted.slice(0, 20).map(({ name }) => withoutNumbers(name))
  return yield* refusal(
    'severalSessions',
    `It holds ${wanted.length} sessions: say with "session" which one is meant (${names.join(', ')})`
  )
})

/** The session in files; `session` chooses among several. */
export const readFiles = Effect.fnUntraced(function* (files: Files, session?: string) {
  const parts = new PartsCollector()
  for (const [path, bytes] of files) collectFile(parts, path, bytes)
  return yield* choose(parts.found(), session)
})

/** The session in a zip or a JSON document; `session` chooses among several. */
export const readDocument = Effect.fnUntraced(function* (bytes: Buffer, session?: string) {
  if (bytes.length > LARGEST_DOCUMENT)
    return yield* refusal('tooLarge', 'The document is larger than a session can be')
  if (isZip(bytes)) return yield* readFiles(yield* readZip(bytes), session)
  const document = documentIn(bytes)
  if (Option.isNone(document))
    return yield* refusal('unreadable', 'It is neither a zip nor JSON (one document, or one row a line)')
  const parts = new PartsCollector()
  collectDocument(parts, '', document.value)
  return yield* choose(parts.found(), session)
})
