// The token dictionaries of binary stanzas. A client announces in its header which one it has; all of its stanzas, and all that it
// gets, are written with that one. Version 3 is the current one (Baileys'); version 2 was current until the end of 2023.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BinaryNodeCodingOptions } from '@whiskeysockets/baileys'
import * as current from '@whiskeysockets/baileys/lib/WABinary/constants.js'

export type Dictionary = Pick<
  BinaryNodeCodingOptions,
  'TAGS' | 'TOKEN_MAP' | 'SINGLE_BYTE_TOKENS' | 'DOUBLE_BYTE_TOKENS'
>

/** The bytes that are tokens of their own are those before the first tag of a further dictionary. */
const SINGLE_BYTES = current.TAGS.DICTIONARY_0
const DOUBLE_BYTES = 256

/** The words of version 2 in their order: those of one byte, then four times those of two bytes. Byte 0 is no word. */
const readVersion2 = (): Dictionary => {
  const text = readFileSync(join(import.meta.dirname, 'dictionary-2.txt'), 'utf8')
  const words = ['', ...text.trim().split(/\s+/)]
  const single = words.slice(0, SINGLE_BYTES)
  const double = [0, 1, 2, 3].map(place => {
    const start = SINGLE_BYTES + place * DOUBLE_BYTES
    return words.slice(start, start + DOUBLE_BYTES)
  })
  const map: Dictionary['TOKEN_MAP'] = {}
  for (const [index, word] of single.entries()) map[word] = { index }
  for (const [dict, more] of double.entries())
    for (const [index, word] of more.entries()) map[word] = { dict, index }
  return {
    TAGS: current.TAGS,
    TOKEN_MAP: map,
    SINGLE_BYTE_TOKENS: single,
    // Baileys' type is the very words of its own version.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    DOUBLE_BYTE_TOKENS: double as unknown as Dictionary['DOUBLE_BYTE_TOKENS']
  }
}

let version2: Dictionary | undefined

export const SERVED_DICTIONARIES = [2, 3]

/** The dictionary of this version, if it is served. */
export const dictionaryOf = (version: number): Dictionary | undefined => {
  if (version === 3) return current
  return version === 2 ? (version2 ??= readVersion2()) : undefined
}
