// Received files through HTTP: what comes out is what was sent, in whole or in part, whatever happens on the way; and what
// a stranger chose as its type and name cannot run.
import { createHash, randomBytes } from 'node:crypto'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import type { FileOptions } from '../../simulator/state/media/file-message.ts'
import type { Phone } from '../../simulator/phone.ts'
import { once } from './shared.ts'
import { type AnyStage, movableClock, sharedInProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage({ MEDIA_DOWNLOAD_MAX_MB: '1' })

const SMALL = { history: { chats: 1, messages: 5, groupsShare: 0, mediaShare: 0 } }

const linked = () => shared().linked(SMALL)
const linkedOnce = once(linked)

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Someone sends the phone a file; the message as the server stored it. */
const received = async (
  phone: Phone,
  accountId: string,
  file: Partial<FileOptions> = {},
  stage: AnyStage = shared()
) => {
  const message = stage.simulator.fileMessage({
    kind: 'image',
    mimetype: 'image/png',
    bytes: randomBytes(5000),
    ...file
  })
  const { id } = await phone.receive({ from: phone.contacts[0]!, message })
  return { id, message: await untilStored(phone, accountId, id, stage) }
}

const untilStored = async (
  phone: Phone,
  accountId: string,
  id: string,
  stage: AnyStage = shared()
): Promise<Message> => {
  const contact = phone.contacts[0]!
  return stage.api.until('the message', async () => {
    const threads = await stage.api.threads(accountId)
    const thread = threads.find(one => [contact.jid, contact.lid].includes(one.clientJid))
    const { messages } = await stage.api.messagePage(thread!.threadId, 'limit=20')
    return messages.find(message => message.whatsAppId === id)
  })
}

const heldFiles = () =>
  globSync('??/*', { cwd: join(shared().dataDir, 'media') }).map(path => path.split('/').at(-1))

/** The first signal of this name after now; of several types, of this one. */
const nextSignal = (name: string, stage: AnyStage = shared(), type?: string) =>
  new Promise<Readonly<Record<string, unknown>>>(resolve => {
    const off = stage.simulator.events.on(signal => {
      if (signal.name !== name || (type !== undefined && signal.detail['type'] !== type)) return
      off()
      resolve(signal.detail)
    })
  })

test('a file is fetched when somebody asks for it, and is what was sent, in whole and in part', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const bytes = randomBytes(100_000)
  const { message } = await received(phone, accountId, { bytes })
  expect(message).toMatchObject({ type: 'image', media: { stored: false, fetched: null, size: 100_000 } })
  expect(await api.mediaCounts(accountId)).toMatchObject({ policy: 'on-demand', stored: 0, notFetched: 1 })

  const whole = await api.media(message.messageKey)
  expect(whole.status).toBe(200)
  expect(hashOf(whole.bytes)).toBe(hashOf(bytes))
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': '100000',
    'accept-ranges': 'bytes',
    etag: `"${hashOf(bytes)}"`,
    'cache-control': expect.stringMatching(/private.*immutable/),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'content-disposition': expect.stringMatching(/^inline; filename="image-[0-9a-f]{12}\.png"/)
  })
  const stored = await api.message(message.threadId, message.messageId)
  expect(stored.media).toMatchObject({ stored: true, fetched: { state: 'stored', reason: null } })
  expect(await api.mediaCounts(accountId)).toMatchObject({ stored: 1, notFetched: 0 })

  const parts = async (headers: Record<string, string>) => {
    const { bytes: part, headers: given, status } = await api.media(message.messageKey, headers)
    return { status, range: given.get('content-range'), matches: part.equals(bytes.subarray(10, 20)) }
  }
  expect(await parts({ range: 'bytes=10-19' })).toEqual({
    status: 206,
    range: 'bytes 10-19/100000',
    matches: true
  })
  const tail = await api.media(message.messageKey, { range: 'bytes=-7' })
  expect([tail.status, tail.bytes.equals(bytes.subarray(-7))]).toEqual([206, true])
  const open = await api.media(message.messageKey, {
    range: 'bytes=99990-',
    'if-range': `"${hashOf(bytes)}"`
  })
  expect([open.status, open.bytes.length]).toEqual([206, 10])
  const other = await api.media(message.messageKey, { range: 'bytes=10-19', 'if-range': '"another"' })
  expect([other.status, other.bytes.length]).toEqual([200, 100_000])
  const behind = await api.media(message.messageKey, { range: 'bytes=100000-' })
  expect([behind.status, behind.headers.get('content-range')]).toEqual([416, 'bytes */100000'])
  const known = await api.media(message.messageKey, { 'if-none-match': `"x", "${hashOf(bytes)}"` })
  expect([known.status, known.bytes.length]).toEqual([304, 0])
  const head = await api.media(message.messageKey, {}, 'HEAD')
  expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '100000', 0])
})

test('what is no message, or has no file, is told so', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'no file' })
  const { messageKey } = await untilStored(phone, accountId, id)
  expect(await api.media(messageKey)).toMatchObject({
    status: 404,
    problem: { detail: expect.stringContaining('no file') }
  })
  expect((await api.media(`${messageKey}x`)).status).toBe(404)
  expect((await api.media('nonsense')).status).toBe(404)
})

test('one content is one file and one download, whoever sent it to whom', async () => {
  const { api } = shared()
  const one = await linkedOnce()
  const two = await linked()
  const bytes = randomBytes(3000)
  const first = await received(one.phone, one.accountId, { bytes })
  await api.media(first.message.messageKey)
  const second = await received(two.phone, two.accountId, { bytes })
  // Nobody else has it any more.
  two.phone.expireMedia(second.id, { lost: true })
  expect(hashOf((await api.media(second.message.messageKey)).bytes)).toBe(hashOf(bytes))

  await one.phone.receive({ from: one.phone.contacts[0]!, revoke: first.id })
  await api.untilMessage(first.message.threadId, first.message.messageId, it => it.type === 'revoked')
  expect((await api.media(first.message.messageKey)).status).toBe(404)
  expect(hashOf((await api.media(second.message.messageKey)).bytes)).toBe(hashOf(bytes))
  // The last who has it goes, and so does the file.
  await api.request('DELETE', `/v1/accounts/${two.accountId}`)
  expect(heldFiles()).not.toContain(hashOf(bytes))
})

test('the file of a deleted message is removed', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const { id, message } = await received(phone, accountId)
  const { bytes } = await api.media(message.messageKey)
  expect(heldFiles()).toContain(hashOf(bytes))
  await phone.receive({ from: phone.contacts[0]!, revoke: id })
  await api.until('the file to be gone', async () => !heldFiles().includes(hashOf(bytes)) || undefined)
})

test('what WhatsApp no longer has, the phone is asked for', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const bytes = randomBytes(3000)
  const { id, message } = await received(phone, accountId, { bytes })
  phone.expireMedia(id)
  const answer = await api.media(message.messageKey)
  expect([answer.status, hashOf(answer.bytes)]).toEqual([200, hashOf(bytes)])
})

test('what the phone no longer has either is gone, and the message says so', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const { id, message } = await received(phone, accountId)
  phone.expireMedia(id, { lost: true })
  expect(await api.media(message.messageKey)).toMatchObject({ status: 410 })
  const stored = await api.message(message.threadId, message.messageId)
  expect(stored.media).toMatchObject({ stored: false, fetched: { state: 'gone' } })
  const { messageId, threadId } = message
  expect(await api.incidents(accountId)).toMatchObject([
    { kind: 'media.lost', threadId, messageId, count: 1 }
  ])
  expect((await api.media(message.messageKey)).status).toBe(410)
})

thoroughTest(
  'a phone that is offline answers later, also to a server that was restarted meanwhile',
  async () => {
    const stage = shared()
    const { accountId, phone } = await linked()
    const { id, message } = await received(phone, accountId)
    phone.expireMedia(id)
    phone.goOffline()
    const asked = nextSignal('receiptSent', shared(), 'server-error')
    const waiting = stage.api.media(message.messageKey).catch(() => undefined)
    await asked
    await stage.server.stop()
    await waiting
    phone.goOnline()
    await stage.restart()
    await stage.api.untilMessage(message.threadId, message.messageId, it => it.media?.stored === true)
    expect((await stage.api.media(message.messageKey)).status).toBe(200)
  }
)

thoroughTest('who asks once more for what the phone has not answered is told so at once', async () => {
  const { folder, settings } = movableClock()
  await using stage = await Stage.set(settings, folder)
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const { id, message } = await received(phone, accountId, {}, stage)
  phone.expireMedia(id)
  phone.goOffline()
  const asked = nextSignal('receiptSent', stage, 'server-error')
  const first = stage.api.media(message.messageKey)
  await asked
  stage.advance(60_000)
  const again = await stage.api.media(message.messageKey)
  expect(again).toMatchObject({ status: 503, problem: { detail: expect.stringContaining('Open WhatsApp') } })
  phone.goOnline()
  await first
})

thoroughTest(
  'while the account is offline the phone cannot be asked: that is said, and it is asked when it is back',
  async () => {
    const { api } = shared()
    const { accountId, phone } = await linked()
    const { id, message } = await received(phone, accountId)
    phone.expireMedia(id)
    await api.command(accountId, 'disconnect')
    expect(await api.media(message.messageKey)).toMatchObject({
      status: 503,
      problem: { detail: expect.stringContaining('offline') }
    })
    await api.command(accountId, 'connect')
    await api.untilMessage(message.threadId, message.messageId, it => it.media?.stored === true)
  }
)

thoroughTest(
  'a transfer that is cut is continued where it was, also by a server that was killed',
  async () => {
    await using stage = await Stage.set()
    const { accountId, phone } = await stage.linked(SMALL)
    const bytes = randomBytes(900_000)
    const { message } = await received(phone, accountId, { bytes }, stage)
    const cut = stage.simulator.fault({ kind: 'media', effect: 'cut', afterBytes: 200_000 }, { times: 1 })
    const stall = stage.simulator.fault({ kind: 'media', effect: 'stall', afterBytes: 300_000 }, { times: 1 })
    const waiting = stage.api.media(message.messageKey).catch(() => undefined)
    await stage.api.until('half of it to be on disk', async () => {
      const [part] = globSync('media/unfinished/*.enc.part', { cwd: stage.dataDir })
      return part !== undefined && statSync(join(stage.dataDir, part)).size >= 400_000 ? part : undefined
    })
    await stage.server.kill()
    await waiting
    cut.clear()
    stall.clear()
    await stage.restart()
    const continued = nextSignal('download', stage)
    const { bytes: got } = await stage.api.media(message.messageKey)
    expect(hashOf(got)).toBe(hashOf(bytes))
    expect(await continued).toMatchObject({ range: expect.stringMatching(/^bytes=[45]\d{5}-$/) })
    expect(globSync('media/unfinished/*', { cwd: stage.dataDir })).toEqual([])
  }
)

test('damaged bytes are never answered: they are fetched again', async () => {
  const { api, simulator } = shared()
  const { accountId, phone } = await linkedOnce()
  const bytes = randomBytes(4000)
  const { message } = await received(phone, accountId, { bytes })
  simulator.fault({ kind: 'media', effect: 'corrupt' }, { times: 1 })
  expect(hashOf((await api.media(message.messageKey)).bytes)).toBe(hashOf(bytes))
})

test('what is too large is not downloaded, whatever its message claims', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  const honest = await received(phone, accountId, { fileLength: 3_000_000 })
  const lying = await received(phone, accountId, { bytes: Buffer.alloc(1_100_000), fileLength: 10 })
  for (const { message } of [honest, lying]) {
    expect(await api.media(message.messageKey)).toMatchObject({
      status: 422,
      problem: { detail: expect.stringContaining('MEDIA_DOWNLOAD_MAX_MB') }
    })
  }
})

const HOSTILE = [
  ['text/html', 'page.html'],
  ['image/svg+xml', 'drawing.svg'],
  ['application/xhtml+xml', 'a"; b=c\r\nset-cookie: x=y'],
  ['text/html; charset=image/png', '../../etc/passwd'],
  ['image/png\r\nx-evil: 1', 'photo\u202egnp.exe'],
  ['text/html', 'C:\\Windows\\..\\CON'],
  ['text/html', 'aux.txt'],
  ['text/html', "\"'; filename*=UTF-8''evil.exe"],
  ['text/html', `\u0000\u001b[31m\u2066\u200f${'🦊'.repeat(3)}.exe`],
  ['text/html', `${'../'.repeat(3000)}${'n'.repeat(10_000)}.html`],
  ['', '']
] as const

test('a type that browsers run is answered as unknown, and a name cannot leave its header', async () => {
  const { api } = shared()
  const { accountId, phone } = await linkedOnce()
  for (const [mimetype, fileName] of HOSTILE) {
    const bytes = Buffer.from(`<script>alert("${mimetype}")</script>`)
    const { message } = await received(phone, accountId, { kind: 'document', bytes, mimetype, fileName })
    const { headers, status } = await api.media(message.messageKey)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('set-cookie') ?? headers.get('x-evil')).toBeNull()
    const disposition = headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^attachment; filename="[ !#-[\]-~]+"; filename\*=UTF-8''[\w.%!~-]+$/)
    expect(disposition.length).toBeLessThan(1500)
    const [, name = ''] = /filename\*=UTF-8''(.+)$/.exec(disposition) ?? []
    expect(decodeURIComponent(name)).not.toMatch(/[\p{C}/\\:"]|^\.|^(con|aux)(\.|$)/iu)
  }
})

test('by policy, files of history and live ones come by themselves', async () => {
  const stage = shared()
  await stage.server.stop()
  await stage.restart({ MEDIA_DOWNLOAD: 'all' })
  const { accountId, phone } = await stage.linked({
    history: { chats: 2, messages: 60, groupsShare: 0, kinds: { text: 2, image: 1, document: 1 } }
  })
  const { message } = await received(phone, accountId)
  await stage.api.untilMessage(message.threadId, message.messageId, it => it.media?.stored === true)
  const counts = await stage.api.until('all files', async () => {
    const found = await stage.api.mediaCounts(accountId)
    return found.notFetched === 0 ? found : undefined
  })
  expect(counts).toMatchObject({ policy: 'all', waiting: 0, failed: 0 })
  expect(counts.stored).toBeGreaterThan(10)
})
