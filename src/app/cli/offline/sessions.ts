// Moves linked sessions while the server is stopped.
import { fsyncSync, rmSync, writeFileSync } from 'node:fs'
import { Effect, Layer, Logger } from 'effect'
import type { Config } from '../../../config.ts'
import { withoutNumbers } from '../../../domain/mask.ts'
import { Incidents } from '../../../services/incidents/incidents.ts'
import * as ConversationStores from '../../../services/conversations/layer.ts'
import { claim } from '../../../services/database/sqlite/data-folder.ts'
import { readPath } from '../../../services/whatsapp/transfer/folder.ts'
import { readDocument, readFiles } from '../../../services/whatsapp/transfer/read.ts'
import { linkedSession } from '../../../services/whatsapp/transfer/session.ts'
import { SessionTransfer } from '../../../services/whatsapp/transfer/transfer.ts'
import { zipOf } from '../../../services/whatsapp/transfer/zip.ts'
import * as Database from '../../wings/database.ts'
import * as Vault from '../../wings/vault.ts'
import { CommandFailed, failed, wordsOf } from '../failure.ts'
import { cannotBeWritten, newFile } from '../files.ts'

const services = (config: Config) =>
  SessionTransfer.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(ConversationStores.layer, Incidents.layer, Vault.layer(config))),
    Layer.provideMerge(Database.layer(config, config.STORE === 'firestore'))
  )

type Needed = Layer.Success<ReturnType<typeof services>>

/** On the data folder, which no server may use meanwhile. */
const onFolder = <A, E>(config: Config, work: Effect.Effect<A, E, Needed>) =>
  Effect.andThen(claim(config.DATA_DIR), Effect.provide(work, services(config))).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([])),
    Effect.mapError(failure =>
      failure instanceof CommandFailed ? failure : failed(withoutNumbers(wordsOf(failure)))
    )
  )

export interface ImportOptions {
  /** Of the new account. */
  readonly name: string
  /** Which session, where a file has several. */
  readonly session: string | undefined
  readonly again: boolean
}

const takeOver = Effect.fnUntraced(function* (path: string, { again, name, session }: ImportOptions) {
  const transfer = yield* SessionTransfer
  const found = yield* readPath(path)
  const parts = yield* Buffer.isBuffer(found) ? readDocument(found, session) : readFiles(found, session)
  const linked = yield* linkedSession(parts)
  const accountId = yield* transfer.takeOver(linked, { name, again })
  return { accountId, taken: linked.taken, leftOut: linked.leftOut }
})

/** Takes over a session of another server; the account connects at the next start. */
export const importSession = (config: Config, path: string, options: ImportOptions) =>
  onFolder(config, takeOver(path, options))

/** The session at this path as a server takes it: a document as it is, a folder as a zip. */
export const readSession = (path: string) =>
  readPath(path).pipe(
    Effect.filterOrElse(
      found => Buffer.isBuffer(found),
      files => zipOf(files)
    ),
    Effect.mapError(failure => failed(withoutNumbers(wordsOf(failure))))
  )

/** Written whole and to the disk, or not at all; never over another file. */
const writeSecret = Effect.fnUntraced(function* (path: string, bytes: Uint8Array) {
  const file = yield* newFile(path)
  yield* Effect.try({
    try: () => {
      writeFileSync(file, bytes)
      fsyncSync(file)
    },
    catch: cause => failed(cannotBeWritten(path, cause))
  })
}, Effect.scoped)

const giveAway = Effect.fnUntraced(function* (accountId: string, path: string) {
  const transfer = yield* SessionTransfer
  const session = yield* transfer.outgoing(accountId)
  if (session === undefined) return yield* failed(`The account ${accountId} has no linked session`)
  yield* writeSecret(path, yield* zipOf(session.files))
  // A file whose session can still be used here would be used twice.
  yield* transfer
    .giveAway(accountId, session)
    .pipe(Effect.tapError(() => Effect.sync(() => rmSync(path, { force: true }))))
  return { accountId, file: path, files: session.files.size }
})

/** Gives the session of an account away, as a zip; it cannot connect here afterwards. */
export const exportSession = (config: Config, accountId: string, path: string) =>
  onFolder(config, giveAway(accountId, path))
