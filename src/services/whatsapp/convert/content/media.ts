// Files: their description and what is needed to fetch them. A caption is the message's body.
import type { Media } from '../../../../domain/message.ts'
import { numberOf } from '../numbers.ts'
import type { Family } from './parts.ts'

/** The fields that WhatsApp's media messages share; none has all of them. */
interface MediaFields {
  mimetype?: string | null
  fileName?: string | null
  fileLength?: unknown
  seconds?: number | null
  width?: number | null
  height?: number | null
  directPath?: string | null
  mediaKey?: Uint8Array | null
  fileSha256?: Uint8Array | null
  fileEncSha256?: Uint8Array | null
}

const base64 = (bytes: Uint8Array | null | undefined): string | null =>
  bytes && bytes.length > 0 ? Buffer.from(bytes).toString('base64') : null

const download = (fields: MediaFields): Media['download'] => {
  const mediaKey = base64(fields.mediaKey)
  // Media that were cleared or never uploaded have no path: there is nothing to fetch.
  if (!fields.directPath || mediaKey === null) return null
  return {
    directPath: fields.directPath,
    mediaKey,
    fileSha256: base64(fields.fileSha256),
    fileEncSha256: base64(fields.fileEncSha256)
  }
}

export const media = (fields: MediaFields): Media => ({
  mimeType: fields.mimetype ?? null,
  fileName: fields.fileName ?? null,
  size: numberOf(fields.fileLength),
  duration: numberOf(fields.seconds),
  width: numberOf(fields.width),
  height: numberOf(fields.height),
  download: download(fields)
})

const counted = (count: number | null | undefined, word: string): string | undefined =>
  count ? `${count} ${word}${count === 1 ? '' : 's'}` : undefined

export const MEDIA: Family = {
  imageMessage: image => ({ type: 'image', body: image.caption, media: media(image) }),
  videoMessage: video => ({ type: 'video', body: video.caption, media: media(video) }),
  ptvMessage: video => ({ type: 'video', body: video.caption, media: media(video) }),
  audioMessage: audio => ({ type: audio.ptt === true ? 'voice' : 'audio', media: media(audio) }),
  documentMessage: document => ({
    type: 'document',
    body: document.caption,
    media: media({ ...document, fileName: document.fileName ?? document.title ?? null })
  }),
  stickerMessage: sticker => ({ type: 'sticker', media: media(sticker) }),
  stickerPackMessage: pack => ({
    type: 'stickerPack',
    body: pack.caption ?? pack.name,
    media: media(pack)
  }),
  // Only states how many pictures follow; each is a message of its own.
  albumMessage: ({ expectedImageCount, expectedVideoCount }) => ({
    type: 'album',
    album: { images: expectedImageCount ?? 0, videos: expectedVideoCount ?? 0 },
    body:
      [counted(expectedImageCount, 'photo'), counted(expectedVideoCount, 'video')]
        .filter(text => text !== undefined)
        .join(', ') || null
  })
}
