// Whatever a client has to sign is verified, although Baileys itself would take any signature for genuine.
import { randomBytes } from 'node:crypto'
import { Curve, encodeBigEndian, signedKeyPair } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

describe('signatures', () => {
  it('of a device that does not own its identity do not link it', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    await using client = new Client(sim)
    const { public: own } = client.creds.signedIdentityKey
    const { private: foreign } = Curve.generateKeyPair()
    Object.assign(client.creds, { signedIdentityKey: { public: own, private: foreign } })
    client.connect()
    const qr = await client.until(() => client.qr, 'a QR')
    await expect(phone.scanQr(qr)).rejects.toThrow('did not sign')
    expect(phone.devices).toEqual([])
  })

  it('of a pre-key that the identity did not make are turned away before anything is shown', async () => {
    await using sim = await Simulator.make()
    await using client = new Client(sim)
    client.reconnects = false
    Object.assign(client.creds, { signedPreKey: signedKeyPair(Curve.generateKeyPair(), 1) })
    client.connect()
    await client.until(() => client.closes.includes(400), 'the refusal')
    expect(client.qr).toBeUndefined()
  })

  it('of a new pre-key are refused when wrong and taken when right', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    await using client = await Client.linked(sim, phone)
    const before = phone.devices[0]!.signedPreKey.id
    const { public: publicKey } = Curve.generateKeyPair()
    const rotate = (signature: Uint8Array) =>
      client.socket.query({
        tag: 'iq',
        attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'encrypt' },
        content: [
          {
            tag: 'rotate',
            attrs: {},
            content: [
              {
                tag: 'skey',
                attrs: {},
                content: [
                  { tag: 'id', attrs: {}, content: encodeBigEndian(77, 3) },
                  { tag: 'value', attrs: {}, content: publicKey },
                  { tag: 'signature', attrs: {}, content: signature }
                ]
              }
            ]
          }
        ]
      })
    await expect(rotate(randomBytes(64))).rejects.toThrow('not-acceptable')
    expect(phone.devices[0]!.signedPreKey.id).toBe(before)
    await client.socket.rotateSignedPreKey()
    expect(phone.devices[0]!.signedPreKey.id).toBe(before + 1)
  })
})
