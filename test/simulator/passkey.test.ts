// Linking with a passkey, by a client of its own: the simulator verifies every part as WhatsApp's server and the phone do.
import { randomBytes } from 'node:crypto'
import { type BinaryNode, Browsers, getBinaryNodeChildBuffer, proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { Simulator } from '../../simulator/simulator.ts'
import {
  comparedCode,
  handoffProof,
  makePrologue,
  newAdvSecret,
  primaryIdentityIn,
  requestKey,
  sealRequest
} from '../../src/services/whatsapp/pairing/passkey-keys.ts'
import { Client } from './client.ts'

/** What a client does wrong. */
interface Wrong {
  readonly origin?: string
  readonly relyingParty?: string
  readonly isVerified?: boolean
  readonly challenge?: string
  readonly signature?: boolean
  readonly stranger?: boolean
  readonly credentialId?: boolean
  readonly reference?: boolean
  readonly proof?: boolean
  readonly nonce?: boolean
  readonly keys?: boolean
  readonly oldSecret?: boolean
  readonly key?: boolean
}

/** The step at which it was refused, and the code; or the number of the linked device. */
type Outcome = { readonly step: string; readonly code: number } | { readonly device: number }

const leaf = (tag: string, content: Uint8Array = Buffer.alloc(0)): BinaryNode => ({ tag, attrs: {}, content })

const link = async (
  sim: Simulator,
  phone: Phone,
  wrong: Wrong = {},
  compares?: 'same' | 'other'
): Promise<Outcome> => {
  await using client = new Client(sim)
  client.connect()
  const nextOf = (name: string) =>
    new Promise<BinaryNode>(resolve => client.socket.ws.once(`CB:notification,type:${name}`, resolve))
  const requested = nextOf('passkey_prologue_request')
  const continued = nextOf('crsc_continuation')
  const device = phone.scanQr(await client.until(() => client.qr, 'a QR')).catch((error: Error) => error)
  const ask = async (type: string, content: BinaryNode): Promise<BinaryNode> =>
    (await client.socket.query({
      tag: 'iq',
      attrs: { to: '@s.whatsapp.net', type, xmlns: 'md' },
      content: [content]
    })) as BinaryNode
  const failed = (step: string) => (error: unknown) => {
    throw Object.assign(new Error(step), { outcome: { step, code: (error as { data: number }).data } })
  }
  const told = JSON.parse(
    Buffer.from(getBinaryNodeChildBuffer(await requested, 'passkey_request_options')!).toString()
  ) as { challenge: string }
  const steps = async (): Promise<Outcome> => {
    const reference = getBinaryNodeChildBuffer(await ask('get', leaf('ref')), 'ref')!
    const prologue = makePrologue(
      wrong.reference ? 'made up' : Buffer.from(reference).toString(),
      proto.DeviceProps.PlatformType.DESKTOP
    )
    const owner = wrong.stranger ? sim.createPhone() : phone
    const assertion = owner.assertPasskey(wrong.challenge ?? told.challenge, wrong)
    const signature = wrong.signature
      ? phone.assertPasskey('AAAA').response.signature
      : assertion.response.signature
    const sent = { ...assertion, response: { ...assertion.response, signature } }
    const credentialId = wrong.credentialId ? randomBytes(32) : Buffer.from(assertion.rawId, 'base64url')
    const secret = wrong.proof ? newAdvSecret() : client.creds.advSecretKey
    await ask('set', {
      ...leaf('passkey_prologue'),
      content: [
        leaf('credential_id', credentialId),
        leaf('webauthn_assertion', Buffer.from(JSON.stringify(sent))),
        leaf('prologue_payload', prologue.payload),
        ...(compares === undefined
          ? [leaf('pairing_handoff_proof', handoffProof(prologue.payload, secret))]
          : [])
      ]
    }).catch(failed('prologue'))
    const primary = primaryIdentityIn(
      getBinaryNodeChildBuffer(await continued, 'primary_ephemeral_identity') as Uint8Array
    )!
    const nonce = wrong.nonce ? randomBytes(32) : prologue.nonce
    await ask('set', leaf('companion_nonce', nonce)).catch(failed('nonce'))
    if (compares !== undefined) {
      expect(phone.passkeyCode).toBe(comparedCode(prologue, primary))
      phone.comparePasskeyCode(compares)
    } else expect(phone.passkeyCode).toBeUndefined()
    const next = wrong.oldSecret ? client.creds.advSecretKey : newAdvSecret()
    const creds = wrong.keys ? { ...client.creds, noiseKey: prologue.keyPair } : client.creds
    const key = wrong.key ? randomBytes(32) : requestKey(prologue, primary)
    if (!wrong.oldSecret) client.creds.advSecretKey = next
    await ask('set', leaf('encrypted_pairing_request', sealRequest(creds, next, key))).catch(
      failed('request')
    )
    const number = await device
    if (typeof number !== 'number') throw number
    return { device: number }
  }
  try {
    return await steps()
  } catch (error) {
    const { outcome } = error as { outcome?: Outcome }
    if (outcome === undefined) throw error
    expect(phone.devices).toHaveLength(0)
    return outcome
  }
}

describe('a passkey', () => {
  it('links a device with a proof, and without one when the owner says that both show the same code', async () => {
    await using sim = await Simulator.make({ passkeys: true })
    expect(await link(sim, sim.createPhone())).toEqual({ device: 1 })
    expect(await link(sim, sim.createPhone(), {}, 'same')).toEqual({ device: 1 })
    expect(await link(sim, sim.createPhone(), {}, 'other')).toEqual({ step: 'request', code: 406 })
  })

  it('is refused with whatever is wrong about it', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    phone.demandPasskey(true)
    const byServer: readonly Wrong[] = [
      { origin: 'https://web.whatsapp.com.evil.example' },
      { relyingParty: 'evil.example' },
      { isVerified: false },
      { challenge: 'AAAA' },
      { signature: true },
      { stranger: true },
      { credentialId: true }
    ]
    for (const wrong of byServer) {
      expect([wrong, await link(sim, phone, wrong)]).toEqual([wrong, { step: 'prologue', code: 401 }])
    }
    expect(await link(sim, phone, { reference: true })).toEqual({ step: 'prologue', code: 400 })
    expect(await link(sim, phone, { proof: true })).toEqual({ step: 'prologue', code: 406 })
    expect(await link(sim, phone, { nonce: true })).toEqual({ step: 'nonce', code: 406 })
    for (const wrong of [{ key: true }, { keys: true }, { oldSecret: true }]) {
      expect([wrong, await link(sim, phone, wrong)]).toEqual([wrong, { step: 'request', code: 406 }])
    }
    expect(await link(sim, phone)).toEqual({ device: 1 })
  })

  it('is asked of those accounts only that a switch says', async () => {
    await using sim = await Simulator.make({ passkeys: true })
    const phone = sim.createPhone()
    phone.demandPasskey(false)
    await using client = await Client.linked(sim, phone)
    expect(client.state).toBe('open')
  })
})

describe('a pairing code', () => {
  it('is refused to a desktop client, whose library does not notice, unless the phone takes any', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone()
    const show = async (browser: [string, string, string]): Promise<BinaryNode> => {
      await using client = new Client(sim, { browser })
      client.connect()
      await client.until(() => client.qr, 'the first QR')
      const answer = new Promise<BinaryNode>(resolve =>
        client.socket.ws.on('frame', (frame: BinaryNode) => {
          if (frame.tag === 'iq' && frame.attrs['type'] !== 'set') resolve(frame)
        })
      )
      await client.socket.requestPairingCode(phone.phoneNumber)
      // Before the client is stopped.
      return await answer
    }
    expect((await show(Browsers.macOS('Desktop'))).attrs['type']).toBe('error')
    expect((await show(['My server', 'Chrome', '1.0'])).attrs['type']).toBe('error')
    expect((await show(Browsers.macOS('Chrome'))).attrs['type']).toBe('result')
    phone.account.acceptsAnyPlatform = true
    expect((await show(Browsers.macOS('Desktop'))).attrs['type']).toBe('result')
  })
})
