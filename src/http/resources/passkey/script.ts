// The script for the developer console of web.whatsapp.com, where alone an owner's passkey can be used. It is the browser extension's.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PasskeyOptions } from '../../../domain/passkey.ts'

/** In the sources and in a bundle alike, the folder of the extension is beside one of those above this file. */
const extensionFile = (folder: string): string => {
  const file = join(folder, 'extension', 'passkey.js')
  return existsSync(file) || dirname(folder) === folder ? file : extensionFile(dirname(folder))
}
export const extensionScript = readFileSync(extensionFile(import.meta.dirname), 'utf8')

/** Shows the assertion, to be copied. */
export const consoleScript = (options: PasskeyOptions): string =>
  `globalThis.backscrollPasskeyRequest = ${JSON.stringify({ options })}\n${extensionScript}`
