// The version of this program, from its package.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Schema } from 'effect'

const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ name: Schema.String, version: Schema.String }))
)

/** The package's file lies above the sources, and above the bundle. */
const find = (folder: string): string => {
  try {
    const { name, version } = decode(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (name === 'backscroll') return version
  } catch {
    // None here: further up.
  }
  const above = dirname(folder)
  return above === folder ? 'unknown' : find(above)
}

export const VERSION = find(import.meta.dirname)
