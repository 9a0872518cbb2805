// The script for the developer console of web.whatsapp.com, where alone an owner's passkey can be used. It is the browser extension's.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PasskeyOptions } from '../../../domain/passkey.ts'

/** In the sources and in a bundle alike, the folder of the extension is beside one of those above this file. */
const extensionFile = (folder: string): string => {
  const file = join(folder, 'extension', 'passkey.js')
  return existsSync(file) || dirname(folder) === folder ? file : extensionFile(dirname(folder))
}
const extension = readFileSync(extensionFile(import.meta.dirname), 'utf8')

/** `returnTo`: the page that is given the assertion; without one it is shown, to be copied. */
export const consoleScript = (options: PasskeyOptions, returnTo?: string): string =>
  `globalThis.backscrollPasskeyRequest = ${JSON.stringify({ options, returnTo })}\n${extension}`
