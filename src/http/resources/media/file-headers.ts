// What a browser is told about a file that somebody sent: its type, its name, and which part of it comes. Type and name
// were chosen by a stranger: only what cannot be executed is shown in place, everything else is a download.

/** Shown in place: pictures without scripts, sound and film. */
const INLINE = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/aac',
  'audio/amr',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/x-wav',
  'audio/webm',
  'video/3gpp',
  'video/mp4',
  'video/ogg',
  'video/quicktime',
  'video/webm'
])

/** Named as what they are, but only to be downloaded. */
const DOWNLOADED = new Set([
  'application/pdf',
  'application/zip',
  'application/msword',
  'application/rtf',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.oasis.opendocument.presentation',
  'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.text',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'text/csv',
  'text/plain',
  'text/vcard'
])

const UNKNOWN = 'application/octet-stream'

export interface ShownAs {
  readonly contentType: string
  readonly isInline: boolean
}

/** The type without its parameters, and whether it may be shown in place. */
export const shownAs = (mimeType: string | null): ShownAs => {
  const essence = (mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (INLINE.has(essence)) return { contentType: essence, isInline: true }
  return { contentType: DOWNLOADED.has(essence) ? essence : UNKNOWN, isInline: false }
}

const LONGEST_NAME = 120

/** Without paths, control characters, and the marks that make `exe.gpj` read like `jpg.exe`. */
const cleanName = (name: string): string =>
  name
    .toWellFormed()
    .replaceAll(/[\p{C}\u2028\u2029]/gu, '')
    .replaceAll(/[/\\:*?"<>|]/g, '_')
    .trim()
    // The end has the extension; half a character must not be left of its beginning.
    .slice(-LONGEST_NAME)
    .replace(/^[\udc00-\udfff]/, '')
    .replace(/^[.\s]+/, '')

/** RFC 6266: a plain name for old clients and the real one in UTF-8. */
export const dispositionOf = (name: string | null, standard: string, isInline: boolean): string => {
  const clean = cleanName(name ?? '') || standard
  const plain = clean.replaceAll(/[^\x20-\x7e]|[%;\\"]/g, '_')
  const encoded = encodeURIComponent(clean).replaceAll(
    /['()*]/g,
    mark => `%${mark.codePointAt(0)?.toString(16).toUpperCase() ?? ''}`
  )
  return `${isInline ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** First and last byte of what is asked for; `whole` when it is no single range, `none` when there is no such byte. */
export type Part = { readonly start: number; readonly end: number } | 'whole' | 'none'

export const partOf = (range: string | undefined, size: number): Part => {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? '') ?? []
  if (from === '' && to === '') return 'whole'
  if (from === '') {
    const length = Number(to)
    return length === 0 || size === 0 ? 'none' : { start: Math.max(0, size - length), end: size - 1 }
  }
  const start = Number(from)
  if (to !== '' && Number(to) < start) return 'whole'
  return start >= size ? 'none' : { start, end: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

/** Whether one of the tags in `If-None-Match` names this content. */
export const namesContent = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' ||
    header
      .split(',')
      .slice(0, 100)
      .some(part => part.trim().replace(/^W\//, '') === tag))
