// The simulator as a process of its own, driven only through its control port, as someone without our code would.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Agent } from 'node:https'
import { Browsers } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../simulator/control/routes.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

interface Ready {
  whatsappUrl: string
  secureWhatsappUrl: string
  mediaUrl: string
  controlUrl: string
  trustRoot: string
  caCertificate: string
  phones: string[]
}

/** The parts of answers these tests look at. */
type Answer = {
  trustRoot: string
  phoneNumber: string
  id: string
  contacts: { jid: string }[]
  messages: unknown[]
  received: unknown[]
  events: { type: string; value?: string }[]
  readByDevices: unknown[]
}

/** Whether everything in `part` is in `whole`, at the same place. */
const isPart = (part: unknown, whole: unknown): boolean =>
  typeof part !== 'object' || part === null
    ? part === whole
    : typeof whole === 'object' &&
      whole !== null &&
      Object.entries(part).every(([name, value]) => isPart(value, Reflect.get(whole, name)))

describe('npm run simulator', () => {
  let child: ChildProcess
  let ready: Ready

  beforeAll(async () => {
    child = spawn(
      process.execPath,
      [
        'simulator/main.ts',
        '--port',
        '0',
        '--control-port',
        '0',
        '--seed',
        '5',
        '--chats',
        '4',
        '--messages',
        '50'
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
    ready = JSON.parse(line) as Ready
  })

  afterAll(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })

  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${ready.controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const result = (await response.json()) as Answer
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(result)}`)
    return result
  }

  const clientOf = (config = {}): Client => new Client(ready as unknown as Simulator, config)

  it('says where it is, makes phones with the asked history, and refuses what makes no sense', async () => {
    expect((await call('GET', '/')).trustRoot).toBe(ready.trustRoot)
    expect(await (await fetch(`${ready.controlUrl}/ca.pem`)).text()).toBe(ready.caCertificate)
    const phone = await call('POST', '/phones', {
      phoneNumber: '+1 555 010 0200',
      history: { chats: 3, messages: 70 }
    })
    expect(phone.phoneNumber).toBe('15550100200')
    const truth = await call('GET', '/phones/15550100200/truth')
    expect(truth.messages).toHaveLength(70)
    expect((await call('GET', `/phones/${ready.phones[0]}/truth`)).messages).toHaveLength(50)
    await expect(call('GET', '/phones/999')).rejects.toThrow('404')
    await expect(call('POST', '/phones', { phoneNumber: '15550100200' })).rejects.toThrow('exists already')
    await expect(call('POST', '/phones', { history: { chats: -1, messages: 5 } })).rejects.toThrow(
      'history.chats'
    )
    await expect(call('POST', '/faults', { fault: { kind: 'nonsense' } })).rejects.toThrow('unknown')
    await expect(call('POST', '/phones/15550100200/scan', { qr: 'nonsense' })).rejects.toThrow('400')
    await expect(call('POST', '/phones/15550100200/send', { to: 'nobody', text: 'x' })).rejects.toThrow(
      'nobody'
    )
  })

  it('links a client, writes to it, applies faults, and reports what is waiting and what arrived', async () => {
    const phone = await call('POST', '/phones', { name: 'Through HTTP', history: { chats: 2, messages: 10 } })
    const contact = phone.contacts[0]!.jid
    await using client = clientOf()
    client.connect()
    await call('POST', `/phones/${phone.phoneNumber}/scan`, {
      qr: await client.until(() => client.qr, 'a QR')
    })
    await client.firstSync()
    const { id } = await call('POST', `/phones/${phone.phoneNumber}/receive`, {
      from: contact,
      text: 'by HTTP'
    })
    expect((await client.text('by HTTP')).key.id).toBe(id)
    await call('POST', `/phones/${phone.phoneNumber}/receive`, {
      from: contact,
      message: { locationMessage: { degreesLatitude: 1.5, degreesLongitude: 2.5, name: 'here' } }
    })
    await client.until(
      () => client.messages.some(({ message }) => message?.locationMessage?.name === 'here'),
      'a location'
    )
    const sent = await client.say(contact, 'and back')
    await client.until(() => client.statusOf(sent.key.id) === 4, 'read by the contact')
    const truth = await call('GET', `/phones/${phone.phoneNumber}/truth`)
    expect(truth.received).toContainEqual(
      expect.objectContaining({ id: sent.key.id, text: 'and back', times: 1 })
    )
    client.reconnects = false
    await call('POST', '/faults', {
      fault: { kind: 'refuseLogins', reason: 503 },
      phone: phone.phoneNumber,
      times: 1
    })
    await call('POST', `/phones/${phone.phoneNumber}/disconnect`, {})
    await client.until(() => client.state === 'close', 'the drop')
    await call('POST', `/phones/${phone.phoneNumber}/send`, { to: contact, text: 'while away' })
    expect(await call('GET', `/phones/${phone.phoneNumber}/offline-queue`)).toContainEqual(
      expect.objectContaining({ kind: 'message' })
    )
    client.reconnects = true
    client.connect()
    await client.text('while away')
    expect(client.closes).toContain(503)
    expect(await call('GET', '/faults')).toEqual([])
  })

  it('restricts, floods, changes groups, lets contacts vote and call', async () => {
    const phone = await call('POST', '/phones', { name: 'Much to do', history: { chats: 3, messages: 9 } })
    const own = `/phones/${phone.phoneNumber}`
    const [ann, ben] = phone.contacts.map(({ jid }) => jid)
    await using client = clientOf()
    client.connect()
    await call('POST', `${own}/scan`, { qr: await client.until(() => client.qr, 'a QR') })
    await client.firstSync()
    await call('POST', `${own}/restriction`, { until: Date.now() + 60_000, enforcement: 'BIZ_QUALITY' })
    await call('POST', `${own}/message-cap`, { until: Date.now() + 60_000, used: 1, total: 9 })
    expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject({
      isActive: true,
      enforcementType: 'BIZ_QUALITY'
    })
    expect(await client.socket.fetchNewChatMessageCap()).toMatchObject({ used_quota: 1, total_quota: 9 })
    await call('DELETE', `${own}/restriction`)
    await call('DELETE', `${own}/message-cap`)
    expect(await client.socket.fetchAccountReachoutTimelock()).toMatchObject({ isActive: false })
    expect(await client.socket.fetchNewChatMessageCap()).toMatchObject({ total_quota: -1 })
    await expect(call('POST', `${own}/restriction`, { until: 1, enforcement: 'NONSENSE' })).rejects.toThrow(
      '400'
    )
    await expect(call('POST', `${own}/message-cap`, {})).rejects.toThrow('until')
    const group = await call('POST', `${own}/groups`, { subject: 'Old', members: [ann, ben] })
    await call('POST', `${own}/groups/${group.id}/change`, { subject: 'New', by: ann })
    await call('POST', `${own}/groups/${group.id}/change`, { promote: [ann] })
    await expect(call('POST', `${own}/groups/${group.id}/change`, {})).rejects.toThrow('nothing to change')
    await call('POST', `${own}/presence`, { from: ben })
    await call('POST', `${own}/presence`, { from: ben, available: false, unasked: true })
    const presences = await client.until(() => {
      const seen = client.events.filter(({ name }) => name === 'presence.update')
      return seen.length > 0 && seen
    }, 'a presence that nobody asked for')
    expect(JSON.stringify(presences)).toContain('unavailable')
    expect(JSON.stringify(presences)).not.toContain('"available"')
    const poll = await call('POST', `${own}/receive`, {
      from: ann,
      group: group.id,
      message: {
        pollCreationMessage: { name: 'Tea?', options: [{ optionName: 'yes' }, { optionName: 'no' }] }
      }
    })
    const vote = { group: group.id, vote: poll.id, options: ['yes'] }
    await call('POST', `${own}/receive`, { from: ben, ...vote })
    await call('POST', `${own}/send`, { to: group.id, ...vote })
    await call('POST', `${own}/receive`, { from: ann, disappearing: 86_400 })
    await call('POST', `${own}/ring`, { from: ann, outcome: 'declined' })
    expect(await call('POST', `${own}/flood`, { from: ann, count: 20, text: 'drop' })).toMatchObject({
      count: 20
    })
    await client.text('drop 19')
    const truth = await call('GET', `${own}/truth`)
    expect(truth.messages).toContainEqual(
      expect.objectContaining({
        id: poll.id,
        votes: [
          expect.objectContaining({ voter: ben, options: ['yes'] }),
          expect.objectContaining({ voter: 'me', options: ['yes'] })
        ]
      })
    )
    expect(truth.events.map(({ type, value }) => `${type} ${value}`)).toEqual([
      'create Old',
      'subject New',
      'promote undefined',
      'disappearing 86400',
      'call declined'
    ])
    expect(truth.readByDevices).toEqual([])
  })

  it('changes names, chats and app state on the phone, and the linked device learns of each', async () => {
    const phone = await call('POST', '/phones', { name: 'Settings', history: { chats: 2, messages: 6 } })
    const own = `/phones/${phone.phoneNumber}`
    const [ann] = phone.contacts.map(({ jid }) => jid)
    await call('PATCH', `/contacts/${ann}`, { addressing: 'pn' })
    await using client = clientOf()
    client.connect()
    await call('POST', `${own}/scan`, { qr: await client.until(() => client.qr, 'a QR') })
    await client.firstSync()
    const untilEvent = (name: string, wanted: object) =>
      client.until(
        () => client.events.some(event => event.name === name && isPart(wanted, event.data)),
        `${name} ${JSON.stringify(wanted)}`
      )
    const change = (setting: object) => call('POST', `${own}/chats/${ann}/change`, setting)
    await change({ archived: true })
    await untilEvent('chats.update', [{ id: ann, archived: true }])
    await change({ archived: false })
    await untilEvent('chats.update', [{ id: ann, archived: false }])
    await change({ pinned: false })
    await untilEvent('chats.update', [{ id: ann, pinned: null }])
    await change({ mutedUntil: 4_102_444_800_000 })
    await untilEvent('chats.update', [{ id: ann, muteEndTime: 4_102_444_800_000 }])
    await change({ mutedUntil: null })
    await untilEvent('chats.update', [{ id: ann, muteEndTime: null }])
    await change({ read: false })
    await untilEvent('chats.update', [{ id: ann, unreadCount: -1 }])
    await call('POST', `${own}/contact-name`, { contact: ann, name: 'Ann Other' })
    await untilEvent('contacts.upsert', [{ id: ann, name: 'Ann Other' }])
    await call('POST', `${own}/name`, { name: 'New settings' })
    await client.until(() => client.creds.me?.name === 'New settings', 'the new name')
    expect(await call('GET', own)).toMatchObject({ name: 'New settings' })
    const patch = {
      collection: 'regular_high',
      index: ['deleteChat', ann, '1'],
      syncAction: { deleteChatAction: {} },
      apiVersion: 6
    }
    await call('POST', `${own}/app-state`, patch)
    await untilEvent('chats.delete', [ann])
    await call('POST', `${own}/labels`, { id: '5', name: 'Paid', color: 2 })
    await untilEvent('labels.edit', { id: '5', name: 'Paid', color: 2 })
    await change({ label: '5' })
    await untilEvent('labels.association', { type: 'add', association: { labelId: '5', chatId: ann } })
    const { id } = (await call('POST', `${own}/receive`, { from: ann, text: 'to be starred' })) as {
      id: string
    }
    await call('POST', `${own}/chats/${ann}/messages/${id}/mark`, { starred: true })
    await untilEvent('messages.update', [{ key: { id }, update: { starred: true } }])
    await call('POST', `${own}/app-state/rotate-key`, {})
    await call('POST', `${own}/unarchive-chats`, { unarchive: true })
    await client.until(() => client.creds.accountSettings.unarchiveChats, 'the setting')
    await call('POST', `${own}/app-state/unreadable`, { collection: 'regular', index: ['x'] })
    const refusals = [
      [`${own}/chats/${ann}/change`, {}, 'nothing to change'],
      [`${own}/chats/${ann}/change`, { archived: 'yes' }, 'archived must be true or false'],
      [`${own}/chats/${ann}/change`, { mutedUntil: 'tomorrow' }, 'mutedUntil must be a number'],
      [`${own}/chats/${ann}/messages/none/mark`, { starred: true }, 'has no message none'],
      [`${own}/chats/${ann}/messages/${id}/mark`, {}, 'nothing to mark'],
      [`${own}/chats/nobody/change`, { read: true }, 'nobody called nobody'],
      [`${own}/contact-name`, { contact: ann }, 'name is missing'],
      [`${own}/name`, { name: 5 }, 'name must be a text'],
      [`${own}/app-state`, { ...patch, collection: 'other' }, 'collection must be one of'],
      [`${own}/app-state`, { ...patch, index: [] }, 'index is missing'],
      [`${own}/app-state`, { ...patch, operation: 'DELETE' }, 'operation must be one of']
    ] as const
    for (const [path, body, reason] of refusals) {
      await expect(call('POST', path, body)).rejects.toThrow(new RegExp(`400.*${reason}`))
    }
  })

  it('shows contacts, makes histories ahead, and checks the fields of faults', async () => {
    const contact = await call('POST', '/contacts', { name: 'Away', phoneNumber: '15550100300' })
    await call('PATCH', '/contacts/15550100300', { online: false, readsAutomatically: false })
    expect(await call('GET', '/contacts/15550100300')).toEqual({
      ...contact,
      online: false,
      readsAutomatically: false,
      waitingOffline: 0,
      presenceSubscribers: []
    })
    await expect(call('GET', '/contacts/999')).rejects.toThrow('404')
    await expect(call('PATCH', '/contacts/15550100300', { online: 'no' })).rejects.toThrow('online must be')
    const phone = await call('POST', '/phones', { history: { chats: 2, messages: 12 } })
    const folder = mkdtempSync(join(tmpdir(), 'backscroll-'))
    try {
      const prepare = `/phones/${phone.phoneNumber}/prepare-history`
      const prepared = await call('POST', prepare, { folder })
      expect(prepared).toEqual({ chunks: readdirSync(folder).length, messages: 12 })
      await expect(call('POST', prepare, {})).rejects.toThrow('folder is missing')
    } finally {
      rmSync(folder, { recursive: true })
    }
    const fault = (fields: object) => call('POST', '/faults', { fault: fields })
    await expect(fault({ kind: 'delay' })).rejects.toThrow('fault.ms is missing')
    await expect(fault({ kind: 'delay', ms: 5, stanza: 'iq' })).rejects.toThrow('fault.stanza must be one of')
    await expect(fault({ kind: 'media', effect: 'burn' })).rejects.toThrow('fault.effect must be one of')
    await expect(call('POST', '/faults', {})).rejects.toThrow('fault is missing')
    const history = { chats: 1, messages: 1, kinds: { text: 'often' } }
    await expect(call('POST', '/phones', { history })).rejects.toThrow('history.kinds.text')
  })

  it('documents every endpoint', () => {
    const readme = readFileSync('simulator/README.md', 'utf8')
    const documented = [...readme.matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, endpoint]) => endpoint)
    expect(documented).toEqual(routes.map(({ method, path }) => `${method} ${path}`))
  })

  it('links by pairing code, and strangers by their push name, also through TLS', async () => {
    await using byCode = clientOf({ browser: Browsers.macOS('Chrome') })
    byCode.connect()
    await byCode.until(() => byCode.qr, 'the first QR')
    const code = await byCode.socket.requestPairingCode(ready.phones[0]!)
    await call('POST', `/phones/${ready.phones[0]}/pairing-code`, { code })
    await byCode.until(() => byCode.state === 'open', 'open')
    const agent = new Agent({ ca: ready.caCertificate })
    const linkStranger = async (): Promise<Client> => {
      const client = clientOf({ pushName: 'Stranger', waWebSocketUrl: ready.secureWhatsappUrl, agent })
      client.connect()
      const qr = await client.until(() => client.qr, 'a QR')
      const response = await fetch(`${ready.mediaUrl}/admin/mock-phone/scan-qr`, { method: 'POST', body: qr })
      expect(response.status).toBe(200)
      await client.until(() => client.state === 'open', 'open')
      return client
    }
    await using first = await linkStranger()
    await using second = await linkStranger()
    expect(first.creds.me!.id.split(':')[0]).toBe(second.creds.me!.id.split(':')[0])
    expect(first.creds.me!.id).not.toBe(second.creds.me!.id)
  })

  it('ends on SIGTERM with code 0', async () => {
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
  })
})
