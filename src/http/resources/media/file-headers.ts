// The headers of a received file: content type, file name, range, validators. Type and name were chosen by a stranger:
// only types that browsers do not execute are inline, everything else is an attachment.
import { safeFileName } from '../../../domain/file-name.ts'

/** Inline: images that cannot contain scripts, audio and video. */
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

/** Attachments that keep their own type. */
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

/** The content type without its parameters, and whether it may be inline. */
export const shownAs = (mimeType: string | null): ShownAs => {
  const essence = (mimeType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (INLINE.has(essence)) return { contentType: essence, isInline: true }
  return { contentType: DOWNLOADED.has(essence) ? essence : UNKNOWN, isInline: false }
}

/** RFC 6266: an ASCII name for old clients and the real one in UTF-8. `standard` is the name of a file without one. */
export const dispositionOf = (name: string | null, standard: string, isInline: boolean): string => {
  const clean = safeFileName(name ?? '') || standard
  const plain = clean.replaceAll(/[^\x20-\x7e]|[%;\\"]/g, '_')
  const encoded = encodeURIComponent(clean).replaceAll(
    /['()*]/g,
    mark => `%${mark.codePointAt(0)?.toString(16).toUpperCase() ?? ''}`
  )
  return `${isInline ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** First and last byte of the range; `whole` when it is not a single range, `none` when the file has no such bytes. */
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

/** Whether one of the tags in `If-None-Match` is the tag of this content. */
export const namesContent = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' ||
    header
      .split(',')
      .slice(0, 100)
      .some(part => part.trim().replace(/^W\//, '') === tag))
