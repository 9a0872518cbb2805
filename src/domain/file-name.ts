// Names for files that strangers chose: safe on every system, and never a path.

const LONGEST_NAME = 120

/** Windows opens a device in place of a file of such a name, whatever its extension. */
const RESERVED = /^(?=(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$))/i

/** Without path separators, control characters, and direction marks, which make `exe.gpj` look like `jpg.exe`. May be empty. */
export const safeFileName = (name: string): string =>
  name
    .toWellFormed()
    .replaceAll(/[\p{C}\u2028\u2029]/gu, '')
    .replaceAll(/[/\\:*?"<>|]/g, '_')
    .trim()
    // The end has the extension. The cut must not leave half of a surrogate pair.
    .slice(-LONGEST_NAME)
    .replace(/^[\udc00-\udfff]/, '')
    .replace(/^[.\s]+/, '')
    .replace(RESERVED, '_')

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/mpeg': '.mp3',
  'audio/ogg': '.ogg',
  'audio/mp4': '.m4a',
  'video/mp4': '.mp4',
  'application/pdf': '.pdf'
}

/** The extension of files of this type, with its dot; empty for types that are not known. */
export const extensionOf = (mimeType: string | null): string =>
  EXTENSIONS[(mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''] ?? ''

/** A name for the file of a message that has none, such as `image-0a1b2c3d4e5f.jpg`. `hash` is that of its content. */
export const standardFileName = (messageType: string, hash: string, mimeType: string | null): string =>
  `${messageType.replaceAll(/[^a-z]/gi, '')}-${hash.slice(0, 12)}${extensionOf(mimeType)}`
