// Files and links as a phone would send them: what recipients see before they download or open them, stickers, voice messages.
// What cannot be read arrives all the same.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { untilReceived } from './received.ts'
import { animation, picture, video, voice, wav } from './sample-media.ts'
import { sharedInProcessStage } from './stage.ts'

// A process of its own: the bundle has a file of its own for the thread that prepares files.
const shared = sharedInProcessStage({ MEDIA_URL_PRIVATE: 'true', MEDIA_MAX_MB: '8', LINK_PREVIEWS: 'true' })

let phone: Phone
let accountId: string
beforeAll(async () => {
  ;({ accountId, phone } = await shared().linked({ history: { chats: 1, messages: 2 } }))
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const upload = (bytes: Uint8Array, type: string, fields: Readonly<Record<string, string>> = {}) =>
  shared().api.upload(
    accountId,
    { bytes, type, name: 'from an application' },
    { to: phone.contacts[0]!.phoneNumber, ...fields }
  )

/** Sends a file; what the recipient got, and the message as the server keeps it. */
const sent = async (bytes: Uint8Array, type: string, fields: Readonly<Record<string, string>> = {}) => {
  const { body, status } = await upload(bytes, type, fields)
  expect(status).toBe(202)
  const received = await untilReceived(shared().simulator, phone, body.entryId)
  expect(received.mediaError).toBeUndefined()
  const message = await shared().api.message(body.threadId, body.messageId)
  return { received, message }
}

const thumbnailOf = async ({ thumbnail }: { readonly thumbnail?: string }) => {
  const bytes = Buffer.from(thumbnail!, 'base64')
  const { format, height, width } = await sharp(bytes).metadata()
  const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  return { format, width, height, bytes: bytes.length, first: [...data.subarray(0, 3)] }
}

describe('pictures', () => {
  test('arrive untouched, with their size and a small JPEG of them', async () => {
    const file = await picture({ format: 'png', width: 300, height: 150 })
    const named = [phone.contacts[0]!.phoneNumber, '15550100299']
    const caption = `Look, @${named.join(' and @')}`
    const { message, received } = await sent(file, 'image/png', { caption, mentions: named.join(', ') })
    expect(message.mentions).toHaveLength(2)
    expect(received).toMatchObject({
      kind: 'image',
      text: caption,
      mentions: [expect.stringContaining('@'), expect.stringContaining('@')],
      sha256: sha256(file),
      width: 300,
      height: 150
    })
    expect(await thumbnailOf(received)).toMatchObject({ format: 'jpeg', width: 100, height: 50 })
    expect(message.media).toMatchObject({ width: 300, height: 150, size: file.length })
  })

  test('of cameras have the size and the thumbnail as they are to be seen, upright', async () => {
    const file = await picture({ format: 'jpeg', width: 200, height: 100, orientation: 6 })
    const { received } = await sent(file, 'image/jpeg')
    expect(received).toMatchObject({ width: 100, height: 200, sha256: sha256(file) })
    const { first, height, width } = await thumbnailOf(received)
    expect([width, height]).toEqual([50, 100])
    // What was left is up.
    expect(first[0]).toBeGreaterThan(200)
  })

  test('in WebP and GIF have them too', async () => {
    for (const file of [
      await picture({ format: 'webp', width: 40, height: 20 }),
      await picture({ format: 'gif', width: 40, height: 20 })
    ]) {
      const { received } = await sent(file, file.includes('WEBP') ? 'image/webp' : 'image/gif')
      expect(received).toMatchObject({ width: 40, height: 20 })
      expect(await thumbnailOf(received)).toMatchObject({ width: 40, height: 20 })
    }
  })

  test('that are shown once show nothing before', async () => {
    const { received } = await sent(await picture({ format: 'png', width: 60, height: 30 }), 'image/png', {
      viewOnce: 'true'
    })
    expect(received).toMatchObject({ kind: 'image', width: 60, height: 30 })
    expect(received.thumbnail).toBeUndefined()
  })

  test('that nobody can read, or that would fill the memory, arrive as they are', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    )
    for (const file of [Buffer.alloc(5000, 'pixels'), hugePicture(), svg]) {
      const { received } = await sent(file, 'image/png')
      expect(received).toMatchObject({ kind: 'image', sha256: sha256(file) })
      expect(received.thumbnail).toBeUndefined()
    }
    const { received } = await sent(await picture({ format: 'png', width: 20, height: 20 }), 'image/png')
    expect(received.thumbnail).toBeDefined()
  })
})

/** A PNG of 20,000 × 20,000 pixels in some hundred kilobytes. */
const hugePicture = (): Buffer => {
  const side = 20_000
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(data.length)
    head.write(type, 4)
    // Decoders that get so far check it; none should.
    return Buffer.concat([head, data, Buffer.alloc(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2], 8)
  const rows = deflateSync(Buffer.alloc(1_000_000))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0))
  ])
}

describe('voice messages', () => {
  test('have their codec, duration and waveform', async () => {
    const file = await voice(4)
    // As some applications call it.
    const { message, received } = await sent(file, 'audio/opus', { type: 'voice' })
    expect(received).toMatchObject({
      kind: 'audio',
      ptt: true,
      mimetype: 'audio/ogg; codecs=opus',
      seconds: 3,
      sha256: sha256(file)
    })
    expect(received.unshowable).toBeUndefined()
    const waveform = received.waveform!
    expect(waveform).toHaveLength(64)
    // Silence, then louder and louder.
    expect(Math.max(...waveform.slice(0, 30))).toBeLessThan(5)
    expect(Math.max(...waveform)).toBe(100)
    expect(waveform[40]!).toBeLessThan(waveform[50]!)
    expect(waveform[50]!).toBeLessThan(waveform[62]!)
    expect(message).toMatchObject({
      type: 'voice',
      media: { duration: 3, mimeType: 'audio/ogg; codecs=opus' }
    })
  })

  test.each([
    ['WAV', 'audio/wav', async () => wav(4)],
    ['MP3', 'audio/mpeg', () => readFile(join(import.meta.dirname, 'tone.mp3'))],
    ['WebM, as browsers record it', 'audio/webm;codecs=opus', () => voice(4, 'webm')]
  ] as const)('of %s become Opus in Ogg', async (_, type, file) => {
    const { message, received } = await sent(await file(), type, { type: 'voice' })
    expect(received).toMatchObject({ kind: 'audio', ptt: true, mimetype: 'audio/ogg; codecs=opus' })
    expect(received.unshowable).toBeUndefined()
    expect([3, 4]).toContain(received.seconds)
    const waveform = received.waveform!
    expect(waveform).toHaveLength(64)
    expect(Math.max(...waveform.slice(0, 30))).toBeLessThan(5)
    expect(waveform[40]!).toBeLessThan(waveform[50]!)
    expect(message.media).toMatchObject({ mimeType: 'audio/ogg; codecs=opus', duration: received.seconds })
    const { bytes } = await shared().api.media(message.messageKey)
    expect(bytes.subarray(0, 4).toString()).toBe('OggS')
  })

  test('of a WAV that nobody can read are refused: no phone would play it', async () => {
    const { body, status } = await upload(Buffer.alloc(500, 'RIFF'), 'audio/wav', { type: 'voice' })
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('cannot be sent as voice') }
    })
  })

  test('that nobody can read arrive as they are', async () => {
    const file = Buffer.alloc(3000, 'OggS')
    const { received } = await sent(file, 'audio/ogg', { type: 'voice' })
    expect(received).toMatchObject({ kind: 'audio', ptt: true, sha256: sha256(file) })
    expect(received.seconds).toBeUndefined()
    expect(received.waveform).toBeUndefined()
  })
})

describe('audio and video', () => {
  test('have their duration, and a video its size', async () => {
    const sound = await sent(wav(2), 'audio/wav')
    expect(sound.received).toMatchObject({ kind: 'audio', seconds: 2 })
    expect(sound.received.ptt).toBeUndefined()
    const film = await sent(await video(3, 320, 180), 'video/mp4', { caption: 'moving' })
    expect(film.received).toMatchObject({
      kind: 'video',
      text: 'moving',
      seconds: 3,
      width: 320,
      height: 180
    })
    expect(film.message.media).toMatchObject({ duration: 3, width: 320, height: 180 })
  })

  test('that nobody can read arrive as they are', async () => {
    for (const [type, kind] of [
      ['video/mp4', 'video'],
      ['audio/mpeg', 'audio']
    ] as const) {
      const file = Buffer.alloc(3000, 'frames')
      const { received } = await sent(file, type)
      expect(received).toMatchObject({ kind, sha256: sha256(file) })
      expect(received.seconds).toBeUndefined()
    }
  })
})

describe('stickers', () => {
  test('are made of pictures: WebP, 512 by 512, what is empty stays transparent', async () => {
    const { message, received } = await sent(
      await picture({ format: 'png', width: 300, height: 150 }),
      'image/png',
      {
        type: 'sticker'
      }
    )
    expect(received).toMatchObject({ kind: 'sticker', mimetype: 'image/webp', width: 512, height: 512 })
    expect(received.unshowable).toBeUndefined()
    expect(message).toMatchObject({
      type: 'sticker',
      media: { mimeType: 'image/webp', width: 512, height: 512 }
    })
    const { bytes } = await shared().api.media(message.messageKey)
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 512, height: 512, channels: 4 })
    const pixel = (x: number, y: number) => [...data.subarray((y * 512 + x) * 4, (y * 512 + x) * 4 + 4)]
    expect(pixel(100, 256)[0]).toBeGreaterThan(200)
    expect([pixel(100, 256)[3], pixel(400, 256)[3], pixel(100, 10)[3]]).toEqual([255, 0, 0])
  })

  test('that are WebP stay as they are, and say whether they move', async () => {
    const still = await picture({ format: 'webp', width: 512, height: 512 })
    expect((await sent(still, 'image/webp', { type: 'sticker' })).received).toMatchObject({
      sha256: sha256(still),
      width: 512
    })
    const moving = await animation('webp')
    const { received } = await sent(moving, 'image/webp', { type: 'sticker' })
    expect(received).toMatchObject({ sha256: sha256(moving), isAnimated: true, width: 64, height: 64 })
    const fromGif = await sent(await animation('gif'), 'image/gif', { type: 'sticker' })
    expect(fromGif.received).toMatchObject({ isAnimated: true, width: 512, mimetype: 'image/webp' })
    expect(fromGif.received.unshowable).toBeUndefined()
  })

  test('are refused when they are no pictures', async () => {
    for (const type of ['image/png', 'image/webp']) {
      const { body, status } = await upload(Buffer.alloc(500, 'pixels'), type, { type: 'sticker' })
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('cannot be sent as sticker') }
      })
    }
  })
})

test('what is tried again is the same message', async () => {
  phone.fault({ kind: 'rejectMessages', error: 500 }, { times: 1 })
  const { received } = await sent(await picture({ format: 'jpeg', width: 30, height: 30 }), 'image/jpeg')
  expect(received).toMatchObject({ times: 1, width: 30 })
})

describe('links', () => {
  const answers: Record<string, RequestListener> = {
    '/moved': (_, response) => void response.writeHead(302, { location: '/cake' }).end(),
    '/cake': (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' }).end(
        Buffer.from(
          `<head><title>Not this</title><meta name="description" content="nor this">
          <meta property="og:title" content="K&auml;sekuchen &amp; K\u00f6rner"><meta property='og:image' content="pictures/cake.png">
          <meta property="og:description" content="Forty\n   minutes"></head><body><meta property="og:title" content="later"></body>`,
          'latin1'
        )
      ),
    '/pictures/cake.png': (_, response) =>
      void picture({ format: 'png', width: 400, height: 200 }).then(file =>
        response.writeHead(200, { 'content-type': 'image/png' }).end(file)
      ),
    '/plain': (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Only a title</title>'),
    '/endless': (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write('<title>Endless</title><meta property="og:image" content="/endless-picture">')
      const write = () => response.write(' '.repeat(64 * 1024), error => error || setImmediate(write))
      write()
    },
    '/endless-picture': (_, response) => {
      response.writeHead(200, { 'content-type': 'image/png' })
      const write = () => response.write(' '.repeat(64 * 1024), error => error || setImmediate(write))
      write()
    },
    '/file': (_, response) => void response.writeHead(200, { 'content-type': 'application/zip' }).end('zip'),
    '/broken': (_, response) => response.destroy()
  }
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const answer = answers[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else answer(request, response)
  })
  let pages: string
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    pages = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const said = async (text: string) => {
    const { entryId } = await shared().api.send(accountId, phone.contacts[0]!.phoneNumber, text)
    return untilReceived(shared().simulator, phone, entryId)
  }

  test('arrive with title, description and picture of their page; what is tried again is the same', async () => {
    asked.length = 0
    phone.fault({ kind: 'rejectMessages', error: 500 }, { times: 1 })
    const text = `Look (${pages}/moved), and ${pages}/plain.`
    const received = await said(text)
    expect(received).toMatchObject({
      kind: 'text',
      text,
      linkPreview: {
        url: `${pages}/moved`,
        title: 'K\u00e4sekuchen & K\u00f6rner',
        description: 'Forty minutes'
      }
    })
    expect(await thumbnailOf(received)).toMatchObject({ format: 'jpeg', width: 192, height: 96 })
    expect(asked).toEqual(['/moved', '/cake', '/pictures/cake.png'])
  })

  test('have as much of a preview as can be made, and are sent without one otherwise', async () => {
    expect((await said(`${pages}/plain`)).linkPreview).toEqual({
      url: `${pages}/plain`,
      title: 'Only a title'
    })
    const endless = await said(`${pages}/endless`)
    expect(endless.linkPreview).toMatchObject({ title: 'Endless' })
    expect(endless.thumbnail).toBeUndefined()
    for (const path of ['/file', '/broken', '/missing']) {
      expect((await said(`${pages}${path}`)).linkPreview).toBeUndefined()
    }
  })
})
