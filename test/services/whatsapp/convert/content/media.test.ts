// Files: what they are, their caption, and what it takes to fetch them.
import { expect, test } from 'vitest'
import { isShown, type Row, shown } from './shown.ts'

const stored = {
  directPath: '/v/t62/abc',
  mediaKey: Buffer.from('key'),
  fileSha256: Buffer.from('plain'),
  fileEncSha256: Buffer.from('sealed')
}
const download = {
  directPath: '/v/t62/abc',
  mediaKey: Buffer.from('key').toString('base64'),
  fileSha256: Buffer.from('plain').toString('base64'),
  fileEncSha256: Buffer.from('sealed').toString('base64')
}

const rows: ReadonlyArray<Row> = [
  [
    'an image with caption',
    { imageMessage: { caption: 'Look', mimetype: 'image/jpeg', fileLength: 12345, width: 640, height: 480 } },
    { type: 'image', body: 'Look', media: { mimeType: 'image/jpeg', size: 12345, width: 640, height: 480 } }
  ],
  ['an image to fetch', { imageMessage: stored }, { type: 'image', body: null, media: { download } }],
  [
    'a video',
    { videoMessage: { seconds: 12, ...stored } },
    { type: 'video', media: { duration: 12, download } }
  ],
  ['a round video', { ptvMessage: { seconds: 3 } }, { type: 'video', media: { duration: 3 } }],
  ['a voice message', { audioMessage: { ptt: true, seconds: 7 } }, { type: 'voice', media: { duration: 7 } }],
  ['audio', { audioMessage: { seconds: 200 } }, { type: 'audio', body: null }],
  [
    'a document with caption',
    {
      documentWithCaptionMessage: {
        message: { documentMessage: { fileName: 'a.pdf', caption: 'The offer', ...stored } }
      }
    },
    { type: 'document', body: 'The offer', media: { fileName: 'a.pdf', download } }
  ],
  ['a document that only has a title', { documentMessage: { title: 'b' } }, { media: { fileName: 'b' } }],
  [
    'a sticker',
    { stickerMessage: { mimetype: 'image/webp' } },
    { type: 'sticker', media: { mimeType: 'image/webp' } }
  ],
  ['a pack of stickers', { stickerPackMessage: { name: 'Cats' } }, { type: 'stickerPack', body: 'Cats' }],
  [
    'the head of an album',
    { albumMessage: { expectedImageCount: 3, expectedVideoCount: 1 } },
    { type: 'album', body: '3 photos, 1 video', media: null }
  ]
]

test.each(rows)('%s is shown', isShown)

test.each([
  ['has no path', { mediaKey: Buffer.from('key') }],
  ['has no key', { directPath: '/v' }],
  ['has an empty key', { directPath: '/v', mediaKey: Buffer.alloc(0) }]
])('a file that %s cannot be fetched', (_, image) => {
  expect(shown({ imageMessage: image })?.media?.download).toBeNull()
})

test('a size that no number holds is unknown', () => {
  const fileLength = 2 ** 63
  expect(shown({ imageMessage: { fileLength } })?.media?.size).toBeNull()
})
