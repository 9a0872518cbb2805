// What clients may do on the wire that Baileys does not: resume a handshake, have an older dictionary; and that whatever is not
// served is refused with a reason which the client and the control port tell.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BinaryNode, initAuthCreds } from '@whiskeysockets/baileys'
import * as current from '@whiskeysockets/baileys/lib/WABinary/constants.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPort, openControlPort } from '../../simulator/control/port.ts'
import { type Phone, Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'
import { WireClient, type WireOptions } from './wire-client.ts'

/** The dictionary of version 2 with words in other places than in the current one. */
const version2 = () => {
  const file = join(import.meta.dirname, '../../simulator/wire/dictionary-2.txt')
  const words = ['', ...readFileSync(file, 'utf8').trim().split(/\s+/)]
  const single = words.slice(0, 236)
  const double = [236, 492, 748, 1004].map(start => words.slice(start, start + 256))
  const map = Object.fromEntries<{ dict?: number; index: number }>([
    ...single.map((word, index) => [word, { index }] as const),
    ...double.flatMap((more, dict) => more.map((word, index) => [word, { dict, index }] as const))
  ])
  return { ...current, SINGLE_BYTE_TOKENS: single, DOUBLE_BYTE_TOKENS: double as never, TOKEN_MAP: map }
}

const ping = (id: string): BinaryNode => ({
  tag: 'iq',
  attrs: { id, xmlns: 'w:p', type: 'get', to: 's.whatsapp.net' }
})

describe('the wire', () => {
  let sim: Simulator
  let phone: Phone
  let control: ControlPort
  /** The credentials of a device that Baileys linked; its connection is over. */
  let creds: WireOptions['creds']

  beforeAll(async () => {
    sim = await Simulator.make()
    control = await openControlPort(sim, 0)
    phone = sim.createPhone({ history: { chats: 1, messages: 3 } })
    const client = await Client.linked(sim, phone)
    await client.firstSync()
    creds = client.creds
    await client.stop()
  })

  afterAll(async () => {
    await control.close()
    await sim.stop()
  })

  const refusals = async (): Promise<
    ReadonlyArray<{ client: string; what: string; code: number; text: string }>
  > => (await fetch(`${control.url}/refusals`)).json() as never

  it('lets a client resume with the static key, and falls back when the key is an older one', async () => {
    using first = new WireClient(sim, { creds })
    const success = await first.stanza('success')
    expect(first.handshake).toBe('XX')
    using second = new WireClient(sim, { creds, resumeWith: first.serverKey! })
    const again = await second.stanza('success')
    expect(second.handshake).toBe('IK')
    second.send(ping('after IK'))
    expect(await second.answerTo('after IK')).toMatchObject({ tag: 'iq', attrs: { type: 'result' } })

    // What a device encrypts its database with: the same at every login.
    const storageKey = success.attrs['companion_enc_static'] ?? ''
    expect(storageKey).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(again.attrs['companion_enc_static']).toBe(storageKey)

    await fetch(`${control.url}/renew-static-key`, { method: 'POST' })
    using third = new WireClient(sim, { creds, resumeWith: first.serverKey! })
    await third.stanza('success')
    expect(third.handshake).toBe('XXfallback')
    expect(third.serverKey).not.toEqual(first.serverKey)
    third.send(ping('after the fallback'))
    await third.answerTo('after the fallback')
    using fourth = new WireClient(sim, { creds, resumeWith: third.serverKey! })
    await fourth.stanza('success')
    expect(fourth.handshake).toBe('IK')
    // Baileys trusts the new key as it trusted the one before.
    await using client = await Client.linked(sim, sim.createPhone())
    expect(client.state).toBe('open')
  })

  it('resumes for nobody who has not the key of the device', async () => {
    using known = new WireClient(sim, { creds })
    await known.stanza('success')
    using thief = new WireClient(sim, {
      creds: { ...creds, noiseKey: initAuthCreds().noiseKey },
      resumeWith: known.serverKey!
    })
    expect(await thief.stanza('failure')).toMatchObject({ attrs: { reason: '401' } })
    expect(thief.handshake).toBe('IK')
  })

  it.each([
    ['6.2', Buffer.from([0x57, 0x41, 6, 2])],
    ['5.2', Buffer.from([0x57, 0x41, 5, 2])]
  ])('writes and reads with the dictionary of version 2 for a client that has it (%s)', async (_, header) => {
    using client = new WireClient(sim, { creds, header, words: version2() })
    expect(await client.stanza('success')).toMatchObject({ attrs: { lid: phone.devices[0]!.lid } })
    client.send({
      tag: 'iq',
      attrs: { id: 'asked', xmlns: 'usync', type: 'get', to: 's.whatsapp.net' },
      content: [
        {
          tag: 'usync',
          attrs: { context: 'interactive', mode: 'query', sid: '1', last: 'true', index: '0' },
          content: [
            {
              tag: 'query',
              attrs: {},
              content: [
                { tag: 'devices', attrs: { version: '2' } },
                { tag: 'weather', attrs: {} }
              ]
            },
            { tag: 'list', attrs: {}, content: [{ tag: 'user', attrs: { jid: phone.jid } }] }
          ]
        }
      ]
    })
    const answer = await client.answerTo('asked')
    expect(JSON.stringify(answer)).toContain('device-list')
    expect(JSON.stringify(answer)).toContain(
      '{"tag":"weather","attrs":{},"content":[{"tag":"error","attrs":{"code":"501","text":"feature-not-implemented"}}]}'
    )
  })

  const key = initAuthCreds().noiseKey.public
  it.each([
    [
      'a dictionary nobody knows',
      { header: Buffer.from([0x57, 0x41, 6, 9]) },
      501,
      'dictionary version 9 is not served: 2 and 3 are'
    ],
    [
      'another protocol',
      { header: Buffer.from([0x57, 0x41, 4, 3]) },
      501,
      'protocol version 4 is not served: 5 and 6 are'
    ],
    [
      'the extended handshake',
      { hello: { useExtended: true, extendedCiphertext: key } },
      501,
      'extended handshakes are not served: XX, IK and XXfallback are'
    ],
    [
      'half a resumption',
      { hello: { static: key } },
      400,
      'a client that resumes sends its static key and its payload'
    ],
    ['no key', { hello: { ephemeral: key.subarray(1) } }, 400, 'client ephemeral is not a key']
  ] satisfies ReadonlyArray<readonly [string, Partial<WireOptions>, number, string]>)(
    'closes with the reason: %s',
    async (_, options, code, reason) => {
      using client = new WireClient(sim, { creds, ...options })
      expect(await client.until(() => client.closed, 'the end')).toEqual({ code: 1002, reason })
      expect((await refusals()).at(-1)).toMatchObject({ what: 'handshake', code, text: reason })
    }
  )

  it('refuses what it does not serve with a code and a text, and tells the control port', async () => {
    const signals: Array<unknown> = []
    const off = sim.events.on(({ detail, name }) => name === 'refusal' && signals.push(detail))
    using client = new WireClient(sim, { creds })
    await client.stanza('success')
    const query = (id: string, xmlns: string, type: string, content: BinaryNode[] = []): BinaryNode => ({
      tag: 'iq',
      attrs: { id, xmlns, type, to: 's.whatsapp.net' },
      content
    })
    const asked: ReadonlyArray<readonly [stanza: BinaryNode, what: string, code: number, text: string]> = [
      [query('1', 'w:teleport', 'get'), 'iq w:teleport', 501, 'feature-not-implemented'],
      [
        query('2', 'encrypt', 'get', [{ tag: 'hologram', attrs: {} }]),
        'iq encrypt hologram',
        400,
        'bad-request'
      ],
      [
        query('3', 'w:mex', 'get', [{ tag: 'query', attrs: { query_id: '1' } }]),
        'iq w:mex query',
        501,
        'feature-not-implemented'
      ],
      [query('4', 'w:p', 'teleport'), 'iq w:p', 400, 'bad-request'],
      [{ tag: 'hologram', attrs: { id: '5', to: phone.jid } }, 'hologram', 501, 'feature-not-implemented'],
      [
        { tag: 'call', attrs: { id: '6', to: phone.jid }, content: [{ tag: 'offer', attrs: {} }] },
        'call offer',
        501,
        'feature-not-implemented'
      ],
      [
        { tag: 'presence', attrs: { id: '7', type: 'dreaming' } },
        'presence dreaming',
        501,
        'feature-not-implemented'
      ],
      [
        { tag: 'chatstate', attrs: { id: '8', to: phone.jid }, content: [{ tag: 'dreaming', attrs: {} }] },
        'chatstate dreaming',
        501,
        'feature-not-implemented'
      ]
    ]
    for (const [stanza] of asked) client.send(stanza)
    for (const [stanza, , code, text] of asked) {
      expect(await client.answerTo(stanza.attrs['id']!)).toMatchObject({
        tag: stanza.tag === 'iq' ? 'iq' : 'ack',
        content: [{ tag: 'error', attrs: { code: String(code), text } }]
      })
    }
    const expected = asked.map(([, what, code, text]) => ({
      client: phone.devices[0]!.jid,
      what,
      code,
      text
    }))
    expect(signals).toEqual(expected)
    expect((await refusals()).slice(-asked.length)).toMatchObject(expected)
    off()
    using stranger = new WireClient(sim, { creds: initAuthCreds() })
    await stranger.stanza('iq')
    stranger.send({ tag: 'message', attrs: { id: 'm', to: phone.jid, type: 'text' } })
    expect(await stranger.answerTo('m')).toMatchObject({
      tag: 'ack',
      content: [{ tag: 'error', attrs: { code: '401', text: 'not-authorized' } }]
    })
  })
})
