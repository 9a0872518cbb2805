// What a backup consists of. Written last: a backup without it was not completed.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Schema } from 'effect'

const count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

export const Manifest = Schema.Struct({
  format: Schema.Literal(1),
  /** Milliseconds since 1970. */
  madeAt: Schema.Finite,
  database: Schema.Struct({
    /** SHA-256 in hex. */
    sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
    bytes: count,
    /** The newest upgrade that the database has had. */
    upgrade: count,
    /** How many rows some of its tables have. */
    rows: Schema.Record(Schema.String, count)
  }),
  /** Received files, and files that wait to be sent. */
  files: Schema.Struct({ count, bytes: count }),
  /** Files that were named by another content than they have, and are not in the backup. */
  damagedFiles: Schema.Array(Schema.String)
})
export type Manifest = typeof Manifest.Type

const FILE = 'backup.json'

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Manifest))

/** Throws when there is none, or when it is not readable. */
export const readManifest = (folder: string): Manifest => decode(readFileSync(join(folder, FILE), 'utf8'))

export const writeManifest = (folder: string, manifest: Manifest): void =>
  writeFileSync(join(folder, FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
