// Whatever a client sends, only its own connection suffers: a bystander stays linked, connected and served.
import { connect } from 'node:net'
import { deflateSync } from 'node:zlib'
import {
  type BinaryNode,
  Curve,
  encodeBinaryNode,
  generateRegistrationNode,
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  makeNoiseHandler,
  NOISE_WA_HEADER,
  proto
} from '@whiskeysockets/baileys'
import fc from 'fast-check'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Phone } from '../../simulator/simulator.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { thorough } from '../thorough.ts'
import { Client } from './client.ts'

const logger = pino({ level: 'silent' })

const frame = (payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(3)
  head.writeUIntBE(payload.length, 0, 3)
  return Buffer.concat([head, payload])
}

const hello = (ephemeral: Uint8Array): Buffer =>
  Buffer.concat([
    NOISE_WA_HEADER,
    frame(proto.HandshakeMessage.encode({ clientHello: { ephemeral } }).finish())
  ])

const open = async (sim: Simulator): Promise<WebSocket> => {
  const socket = new WebSocket(sim.whatsappUrl)
  socket.on('error', () => undefined)
  await new Promise(resolve => socket.once('open', resolve))
  return socket
}

const closed = (socket: WebSocket): Promise<void> =>
  new Promise(resolve => {
    if (socket.readyState === WebSocket.CLOSED) resolve()
    else socket.once('close', () => resolve())
  })

/** A client of our own making, through the handshake and with the session's keys in hand. */
const throughHandshake = async (
  sim: Simulator,
  payload?: Uint8Array
): Promise<{ socket: WebSocket; send: (bytes: Uint8Array) => void }> => {
  const creds = initAuthCreds()
  const keyPair = Curve.generateKeyPair()
  const noise = makeNoiseHandler({ keyPair, NOISE_HEADER: NOISE_WA_HEADER, logger })
  const socket = await open(sim)
  const first = new Promise<Uint8Array>(resolve =>
    socket.once(
      'message',
      data => void noise.decodeFrame(data as Buffer, bytes => resolve(bytes as Uint8Array))
    )
  )
  socket.send(
    noise.encodeFrame(proto.HandshakeMessage.encode({ clientHello: { ephemeral: keyPair.public } }).finish())
  )
  const answer = proto.HandshakeMessage.decode(await first)
  const staticKey = noise.processHandshake(answer, creds.noiseKey)
  const registration = generateRegistrationNode(creds, {
    ...DEFAULT_CONNECTION_CONFIG,
    auth: { creds, keys: {} as never }
  })
  const sealed = noise.encrypt(payload ?? proto.ClientPayload.encode(registration).finish())
  socket.send(
    noise.encodeFrame(
      proto.HandshakeMessage.encode({ clientFinish: { static: staticKey, payload: sealed } }).finish()
    )
  )
  await noise.finishInit()
  return { socket, send: bytes => socket.send(noise.encodeFrame(bytes)) }
}

describe('hostile input', () => {
  let sim: Simulator
  let phone: Phone
  let bystander: Client
  let rounds = 0

  beforeAll(async () => {
    sim = await Simulator.make()
    phone = sim.createPhone({ history: { chats: 3, messages: 9 } })
    bystander = await Client.linked(sim, phone)
    await bystander.firstSync()
  })

  afterAll(async () => {
    await bystander.stop()
    await sim.stop()
  })

  const bystanderIsFine = async (): Promise<void> => {
    const text = `still fine ${++rounds}`
    await phone.receive({ from: phone.contacts[0]!, text })
    await bystander.text(text)
    expect(bystander.closes).toEqual([515])
  }

  it('before and during the handshake closes that connection only', async () => {
    const key = Curve.generateKeyPair().public
    const attacks: Buffer[] = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(5000, 0xff),
      Buffer.concat([NOISE_WA_HEADER, Buffer.from([0xff, 0xff, 0xff])]),
      Buffer.concat([Buffer.from('ED\0\x01'), Buffer.from([0xff, 0xff, 0xff])]),
      Buffer.concat([NOISE_WA_HEADER, frame(Buffer.alloc(100, 0xff))]),
      Buffer.concat([NOISE_WA_HEADER, frame(new Uint8Array())]),
      hello(new Uint8Array(5)),
      hello(new Uint8Array(33)),
      Buffer.concat([hello(key), frame(Buffer.alloc(64, 7))]),
      Buffer.concat([
        hello(key),
        frame(
          proto.HandshakeMessage.encode({
            clientFinish: { static: Buffer.alloc(48, 1), payload: Buffer.alloc(99, 2) }
          }).finish()
        )
      ])
    ]
    await Promise.all(
      attacks.map(async attack => {
        const socket = await open(sim)
        socket.send(attack)
        await closed(socket)
      })
    )
    const dribble = await open(sim)
    for (const byte of hello(new Uint8Array(3))) dribble.send(Buffer.of(byte))
    await closed(dribble)
    await bystanderIsFine()
  })

  it('with nonsense for a login is refused, not served', async () => {
    const payloads = [
      proto.ClientPayload.encode({ username: 15550000000, device: 3, passive: true }).finish(),
      proto.ClientPayload.encode({ username: Number(phone.phoneNumber), device: 1 }).finish(),
      proto.ClientPayload.encode({ devicePairingData: { eRegid: Buffer.alloc(90) } }).finish(),
      proto.ClientPayload.encode({}).finish(),
      Buffer.alloc(50, 0xff)
    ]
    await Promise.all(payloads.map(async payload => closed((await throughHandshake(sim, payload)).socket)))
    await bystanderIsFine()
  })

  it('after the handshake closes that connection only: bad frames, bombs, bottomless lists', async () => {
    const bomb = Buffer.concat([Buffer.of(2), deflateSync(Buffer.alloc(200 * 1024 * 1024))])
    // a list of one whose content is a list of one whose content …
    const bottomless = Buffer.concat([
      Buffer.of(0),
      ...Array.from({ length: 300_000 }, () => Buffer.of(248, 2, 3, 248, 1))
    ])
    // eight kilobytes that would become two and a half million nodes
    const row = Buffer.concat([
      Buffer.of(248, 2, 10, 249, 255, 255),
      Buffer.alloc(65535 * 3, Buffer.of(248, 1, 10))
    ])
    const crowd = Buffer.concat([
      Buffer.of(2),
      deflateSync(Buffer.concat([Buffer.of(248, 2, 10, 248, 40), ...Array.from({ length: 40 }, () => row)]))
    ])
    const attacks: Uint8Array[] = [
      crowd,
      bomb,
      bottomless,
      Buffer.of(0),
      Buffer.of(0, 249, 255, 255),
      Buffer.of(0, 248, 0)
    ]
    for (const attack of attacks) {
      const { socket, send } = await throughHandshake(sim)
      send(attack)
      await closed(socket)
    }
    const { socket } = await throughHandshake(sim)
    socket.send(frame(Buffer.alloc(500, 9)))
    await closed(socket)
    await bystanderIsFine()
  })

  it('on the port itself — TLS rubbish, half a request, silence — disturbs nobody', async () => {
    const port = Number(new URL(sim.mediaUrl).port)
    for (const bytes of [
      Buffer.alloc(400, 0x16),
      Buffer.from('POST /mms/image HTTP/1.1\r\nContent-Length: 99999\r\n\r\nx'),
      Buffer.from([0])
    ]) {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.on('error', () => undefined)
      await new Promise(resolve => socket.once('connect', resolve))
      socket.destroy()
    }
    expect((await fetch(`${sim.mediaUrl}/v/t62.sim/../../etc/passwd`)).status).toBe(404)
    await bystanderIsFine()
  })

  it('an unlinked client is answered, and gets nothing', async () => {
    const { socket, send } = await throughHandshake(sim)
    send(
      encodeBinaryNode({
        tag: 'iq',
        attrs: { id: 'x', type: 'get', xmlns: 'w:g2', to: '@g.us' },
        content: [{ tag: 'participating', attrs: {} }]
      })
    )
    send(encodeBinaryNode({ tag: 'message', attrs: { id: 'x', to: phone.jid, type: 'text' }, content: [] }))
    send(
      encodeBinaryNode({
        tag: 'iq',
        attrs: { id: 'y', type: 'result' },
        content: [{ tag: 'pair-device-sign', attrs: {} }]
      })
    )
    socket.close()
    await closed(socket)
    await bystanderIsFine()
  })

  it('a linked client may send any stanza at all: every query is answered and everyone stays connected', async () => {
    const other = sim.createPhone({ history: { chats: 2, messages: 4 } })
    await using attacker = await Client.linked(sim, other)
    await attacker.firstSync()
    const group = other.createGroup('Target', [other.contacts[0]!])
    // the binary codec itself writes `x@` in a form it cannot read back
    const letters = (maxLength: number) => fc.string({ maxLength }).map(text => text.replaceAll('@', 'a'))
    const addresses = fc.constantFrom('', '@g.us', 's.whatsapp.net', phone.jid, other.jid, other.lid, `${other.phoneNumber}:1@s.whatsapp.net`, `${other.phoneNumber}:999999@s.whatsapp.net`, group.id, '1@g.us', 'status@broadcast', '__proto__', '0@lid') // prettier-ignore
    const words = fc.constantFrom(
      'iq', 'message', 'receipt', 'ack', 'presence', 'chatstate', 'call', 'ib', 'notification', 'enc', 'to', 'participants',
      'list', 'item', 'user', 'key', 'skey', 'id', 'value', 'signature', 'identity', 'registration', 'count', 'digest',
      'rotate', 'usync', 'query', 'devices', 'contact', 'sync', 'collection', 'patch', 'create', 'add', 'remove', 'promote',
      'participant', 'subject', 'description', 'body', 'leave', 'group', 'invite', 'tokens', 'token', 'privacy', 'category',
      'picture', 'retry', 'keys', 'media_conn', 'participating', 'active', 'ping', 'props', 'link_code_companion_reg'
    ) // prettier-ignore
    const attributes = fc.dictionary(
      fc.constantFrom('to', 'from', 'jid', 'type', 'xmlns', 'name', 'version', 'participant', 'recipient', 'class', 'code', 'count', 'v', 'category', 'edit', 'subject', 'stage', 'action', 'error'), // prettier-ignore
      fc.oneof(addresses, fc.constantFrom('get', 'set', 'result', 'retry', 'read', 'skmsg', 'pkmsg', 'msg', 'encrypt', 'usync', 'w:g2', 'w:sync:app:state', 'privacy', 'blocklist', 'w:profile:picture', 'status', 'abt', 'w:m', 'w:mex', 'peer', 'regular', 'NaN', '-1', '1e99'), letters(40)), // prettier-ignore
      { maxKeys: 6 }
    )
    const { node } = fc.letrec<{ node: BinaryNode }>(tie => ({
      node: fc.record({
        tag: words,
        attrs: attributes,
        content: fc.oneof(
          { maxDepth: 4 },
          fc.uint8Array({ maxLength: 70 }),
          letters(20),
          fc.array(tie('node'), { maxLength: 4 })
        )
      })
    }))
    // logging itself out is allowed, and would end the test
    const harmless = (one: BinaryNode): boolean => one.attrs['xmlns'] !== 'md'
    const stanzas = fc.sample(node.filter(harmless), { numRuns: thorough(250, 1500), seed: 42 })
    const unanswered = new Set<string>()
    attacker.socket.ws.on('CB:iq', ({ attrs }: BinaryNode) => unanswered.delete(attrs['id'] ?? ''))
    for (const [place, stanza] of stanzas.entries()) {
      const id = `fuzz-${place}`
      const asQuery = place % 2 === 0
      if (asQuery) unanswered.add(id)
      await attacker.socket.sendNode(
        asQuery
          ? {
              tag: 'iq',
              attrs: { ...stanza.attrs, id, type: place % 4 === 0 ? 'get' : 'set' },
              content: [stanza]
            }
          : { ...stanza, attrs: { ...stanza.attrs, id } }
      )
    }
    const left = () => [...unanswered].map(id => stanzas[Number(id.slice('fuzz-'.length))])
    await expect.poll(left, { timeout: 30_000 }).toEqual([])
    expect(attacker.closes).toEqual([515])
    await bystanderIsFine()
    await other.receive({ from: other.contacts[0]!, text: 'the attacker is still served' })
    await attacker.text('the attacker is still served')
  })
})
