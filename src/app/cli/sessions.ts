// Moves linked sessions while the server is stopped: npm run import -- --name Shop FILE, npm run export -- --session --account acc-… FILE
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { Effect, Layer, Logger, Schema } from 'effect'
import type { Config } from '../../config.ts'
import { withoutNumbers } from '../../domain/mask.ts'
import { Incidents } from '../../services/incidents/incidents.ts'
import * as ConversationStores from '../../services/conversations/layer.ts'
import { claim } from '../../services/database/sqlite/data-folder.ts'
import { readPath } from '../../services/whatsapp/transfer/folder.ts'
import { readDocument, readFiles } from '../../services/whatsapp/transfer/read.ts'
import { linkedSession } from '../../services/whatsapp/transfer/session.ts'
import { SessionTransfer } from '../../services/whatsapp/transfer/transfer.ts'
import { zipOf } from '../../services/whatsapp/transfer/zip.ts'
import * as Database from '../wings/database.ts'
import * as Vault from '../wings/vault.ts'
import { loadSettings, parseArguments, refuse, runCommand } from './terminal.ts'

const IMPORT_USAGE = `npm run import -- --name NAME [--session NAME] [--again] FILE-OR-FOLDER

  Takes over a linked session of another Baileys server: a folder, a zip or a JSON document (docs/moving-in.md). Stop
  that server for good first. This server must not run on DATA_DIR meanwhile; the account connects at its next start.
`

const EXPORT_USAGE = `npm run export -- --session --account acc-… FILE.zip

  Gives the linked session of an account away, as a zip of the files of Baileys' multi-file state (docs/moving-in.md).
  The account cannot connect here afterwards; its messages stay. The zip holds secrets: whoever has it reads and writes
  as this account. This server must not run on DATA_DIR meanwhile.
`

const services = (config: Config) =>
  SessionTransfer.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(ConversationStores.layer, Incidents.layer, Vault.layer(config))),
    Layer.provideMerge(Database.layer(config, config.STORE === 'firestore'))
  )

const explain = (failure: unknown): string =>
  withoutNumbers(
    failure instanceof Error ? failure.message || failure.name : 'It failed for an unknown reason'
  )

type Needed = Layer.Success<ReturnType<typeof services>>

const run = <A, E>(config: Config, work: Effect.Effect<A, E, Needed>): void =>
  runCommand(
    Effect.andThen(claim(config.DATA_DIR), Effect.provide(work, services(config))).pipe(
      Effect.scoped,
      Effect.provide(Logger.layer([]))
    ),
    { explain, interrupted: 1 }
  )

const print = (result: object): void => void process.stdout.write(`${JSON.stringify(result)}\n`)

interface ImportOptions {
  readonly name: string
  readonly session: string | undefined
  readonly again: boolean
}

const takeOver = Effect.fnUntraced(function* (path: string, { again, name, session }: ImportOptions) {
  const transfer = yield* SessionTransfer
  const found = yield* readPath(path)
  const parts = yield* Buffer.isBuffer(found) ? readDocument(found, session) : readFiles(found, session)
  const linked = yield* linkedSession(parts)
  const accountId = yield* transfer.takeOver(linked, { name, again })
  print({ accountId, taken: linked.taken, leftOut: linked.leftOut })
})

const MOST_NAME = 100

export const importSession = (args: ReadonlyArray<string>): void => {
  const misused = (text = IMPORT_USAGE): never => refuse(text, 2)
  const { paths, values } = parseArguments(
    args,
    { name: { type: 'string' }, session: { type: 'string' }, again: { type: 'boolean' } },
    IMPORT_USAGE
  )
  const [path, ...rest] = paths
  const name = values.name?.trim() ?? ''
  if (path === undefined || rest.length > 0 || name === '' || name.length > MOST_NAME) return misused()
  const options = { name, session: values.session, again: values.again ?? false }
  run(loadSettings(misused), takeOver(path, options))
}

/** Nothing was given away. */
class NotExported extends Schema.TaggedError<NotExported>()('NotExported', { message: Schema.String }) {}

/** Written whole and to the disk, or not at all; never over another file. */
const writeSecret = (path: string, bytes: Uint8Array) =>
  Effect.try({
    try: () => {
      const file = openSync(path, 'wx', 0o600)
      try {
        writeFileSync(file, bytes)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    },
    catch: cause =>
      new NotExported({ message: cause instanceof Error ? cause.message : 'The file cannot be written' })
  })

const giveAway = Effect.fnUntraced(function* (accountId: string, path: string) {
  const transfer = yield* SessionTransfer
  const session = yield* transfer.outgoing(accountId)
  if (session === undefined)
    return yield* new NotExported({ message: `The account ${accountId} has no linked session` })
  yield* writeSecret(path, yield* zipOf(session.files))
  // A file whose session can still be used here would be used twice.
  yield* transfer
    .giveAway(accountId, session)
    .pipe(Effect.tapError(() => Effect.sync(() => rmSync(path, { force: true }))))
  print({ accountId, file: path, files: session.files.size })
})

export const exportSession = (args: ReadonlyArray<string>): void => {
  const misused = (text = EXPORT_USAGE): never => refuse(text, 2)
  const { paths, values } = parseArguments(
    args,
    { session: { type: 'boolean' }, account: { type: 'string' } },
    EXPORT_USAGE
  )
  const [path, ...rest] = paths
  if (values.session !== true || values.account === undefined || path === undefined || rest.length > 0)
    return misused()
  run(loadSettings(misused), giveAway(values.account, path))
}
