// Linking an account whose owner WhatsApp asks for a passkey, and what a person has to do when a code or a passkey is refused.
import { expect, test } from 'vitest'
import type { PasskeyResource } from '../../harness/resources.ts'
import type { Phone } from '../../simulator/phone.ts'
import { resultsOf, RunningHere } from './backscroll.ts'
import { type InProcessStage, sharedStageByClock } from './stage.ts'

const HISTORY = { history: { chats: 1, messages: 3, groupsShare: 0 } }
const shared = sharedStageByClock({ LOG_LEVEL: 'trace' })

interface Step {
  readonly step: string
  readonly code?: string
  readonly url?: string
}

/** The command that a person runs in a terminal. */
const pairingOf = ({ server }: InProcessStage, ...args: ReadonlyArray<string>) =>
  new RunningHere(['pair', '--json', ...args], {
    BACKSCROLL_URL: server.url,
    BACKSCROLL_API_KEY: server.key
  })

interface Linking {
  readonly stage: InProcessStage
  readonly phone: Phone
  readonly accountId: string
  readonly device: Promise<number | Error>
}

/** What becomes of the phone's side of a linking. */
const settled = (device: Promise<number>): Promise<number | Error> =>
  device.catch((cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))))

const newAccount = async (options: Parameters<InProcessStage['simulator']['createPhone']>[0] = HISTORY) => {
  const stage = shared()
  const phone = stage.simulator.createPhone(options)
  phone.demandPasskey(true)
  const { accountId } = await stage.api.createAccount('Asked')
  return { stage, phone, accountId }
}

const scan = async (linking: Omit<Linking, 'device'>): Promise<Linking> => {
  const { accountId, phone, stage } = linking
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  return { ...linking, device: settled(phone.scanQr(qr!)) }
}

/** The owner has scanned, and WhatsApp asks for the passkey. */
const asked = async (): Promise<Linking & { readonly request: PasskeyResource }> => {
  const linking = await scan(await newAccount())
  return { ...linking, request: await linking.stage.api.untilPasskey(linking.accountId, 'requested') }
}

const assert = async ({ accountId, phone, stage }: Linking, wrong = {}): Promise<void> => {
  const { options } = await stage.api.untilPasskey(accountId, 'requested')
  const answer = await stage.api.assertPasskey(accountId, phone.assertPasskey(options.challenge, wrong))
  expect(answer).toMatchObject({ status: 202 })
}

/** The proof is too old afterwards. */
const waitTooLong = async (stage: InProcessStage): Promise<void> => {
  const time = async () => {
    const { body } = await stage.api.request<{ createdAt: number }>('POST', '/v1/accounts', { name: 'Clock' })
    return body.createdAt
  }
  const before = await time()
  stage.advance(6 * 60_000)
  await stage.api.until('the server’s clock', async () =>
    (await time()) > before + 300_000 ? true : undefined
  )
}

/** The account can be linked, whatever happened before. */
const linksAfterwards = async (linking: Linking): Promise<void> => {
  const { accountId, phone, stage } = linking
  if ((await stage.api.account(accountId)).state !== 'stopped')
    await stage.api.command(accountId, 'disconnect')
  const again = await scan({ stage, phone, accountId })
  await assert(again)
  await stage.synced(accountId, phone)
  expect(await stage.api.account(accountId)).toMatchObject({ pairingFailure: null })
}

test('after the scan the owner’s passkey is asked for, verified, and the phone takes the device without a code', async () => {
  const stage = shared()
  const events = await stage.api.subscribe()
  const { accountId, phone, request, ...linking } = await asked()
  expect(request).toMatchObject({
    options: { rpId: 'whatsapp.com', userVerification: 'required', extensions: { uvm: true } },
    origin: 'https://web.whatsapp.com',
    refusal: null,
    code: null
  })
  expect(request.script).toContain(request.options.challenge)
  expect(request.expiresAt).toBeGreaterThan(Date.now())
  expect(await stage.api.request('GET', `/v1/accounts/${accountId}/qr`)).toMatchObject({
    status: 409,
    body: { state: 'pairing.passkey.requested', detail: expect.stringContaining('/passkey') }
  })
  await assert({ ...linking, stage, accountId, phone })
  expect(await linking.device).toBe(1)
  await stage.synced(accountId, phone)
  expect(await stage.api.request('GET', `/v1/accounts/${accountId}/passkey`)).toMatchObject({ status: 409 })
  const states = events.seen.flatMap(({ data, type }) =>
    type === 'account.state' && data.accountId === accountId ? [data.state] : []
  )
  expect(states.slice(0, 5)).toEqual([
    'stopped',
    'pairing',
    'pairing.passkey.requested',
    'pairing.passkey.submitted',
    'pairing.passkey.confirming'
  ])
  events.stop()
})

test('after a pairing code, too; and when the proof is too old, a person compares the codes', async () => {
  const { accountId, phone, stage } = await newAccount()
  const pairing = pairingOf(stage, accountId, '--code', phone.phoneNumber)
  const offer = await pairing.next<Step>()
  expect(offer).toMatchObject({ step: 'code' })
  const device = settled(phone.enterPairingCode(offer.code!))
  const passkey = await pairing.next<Step>()
  expect(passkey).toMatchObject({ step: 'passkey' })
  expect(await (await fetch(passkey.url!)).text()).toContain('passkey')
  stage.simulator.refreshQrCodes()
  await waitTooLong(stage)
  expect(await pairingOf(stage, accountId, '--confirm').ended()).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('pairing.passkey.requested')
  })
  await assert({ stage, phone, accountId, device })
  const confirming = await stage.api.untilPasskey(accountId, 'confirming')
  expect(confirming.code).toMatch(/^[1-9A-Z]{4}-[1-9A-Z]{4}$/)
  expect(phone.passkeyCode).toBe(confirming.code)
  expect(await pairing.next()).toEqual({ step: 'compare', code: confirming.code })
  const confirmed = pairingOf(stage, accountId, '--confirm')
  await stage.api.until('the phone to be told', async () => {
    const { body } = await stage.api.request<PasskeyResource>('GET', `/v1/accounts/${accountId}/passkey`)
    return body.isConfirmed ? true : undefined
  })
  expect(await stage.api.confirmPasskey(accountId)).toMatchObject({ status: 409 })
  phone.comparePasskeyCode('same')
  expect(await device).toBe(1)
  for (const command of [pairing, confirmed]) {
    const ended = await command.ended()
    expect(ended.code).toBe(0)
    expect(resultsOf<Step>(ended).at(-1)).toMatchObject({ step: 'linked', account: { accountId } })
  }
  await stage.synced(accountId, phone)
})

test('an owner who sees another code on the phone is not linked, and can be afterwards', async () => {
  const linking = await asked()
  const { accountId, phone, stage } = linking
  await waitTooLong(stage)
  await assert(linking)
  await stage.api.untilPasskey(accountId, 'confirming')
  phone.comparePasskeyCode('other')
  await stage.api.confirmPasskey(accountId)
  expect(String(await linking.device)).toContain('another code')
  await stage.api.untilAccount(accountId, 'the end', ({ pairingFailure }) => pairingFailure !== null)
  await linksAfterwards(linking)
})

test('an assertion of another page or for another challenge is refused here, one that WhatsApp refuses can be made again', async () => {
  const linking = await asked()
  const { accountId, phone, request, stage } = linking
  const refused = async (assertion: object) => {
    const { body, status } = await stage.api.assertPasskey(accountId, assertion)
    return { status, text: JSON.stringify(body) }
  }
  const { challenge } = request.options
  expect(await refused(phone.assertPasskey(challenge, { origin: 'https://evil.example' }))).toMatchObject({
    status: 400,
    text: expect.stringContaining('https://web.whatsapp.com')
  })
  expect(await refused(phone.assertPasskey('AAAA'))).toMatchObject({
    status: 400,
    text: expect.stringContaining('another challenge')
  })
  expect(await refused({ ...phone.assertPasskey(challenge), rawId: '$' })).toMatchObject({ status: 400 })
  expect(await refused({ id: 'AAAA', rawId: 'AAAA' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('type: Missing key')
  })
  expect(await refused({ ...phone.assertPasskey(challenge), id: 'A'.repeat(9000) })).toMatchObject({
    status: 400
  })

  await assert(linking, { isVerified: false })
  const again = await stage.api.until('another challenge', async () => {
    const next = await stage.api.untilPasskey(accountId, 'requested')
    return next.options.challenge === challenge ? undefined : next
  })
  expect(again.refusal).toContain('401')
  await assert(linking)
  expect(await linking.device).toBe(1)
  await stage.synced(accountId, phone)
})

test('an owner without a passkey of this account is told so after three attempts, and can link afterwards', async () => {
  const linking = await asked()
  const { accountId, phone, stage } = linking
  const stranger = stage.simulator.createPhone()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { options } = await stage.api.untilPasskey(accountId, 'requested')
    await stage.api.assertPasskey(accountId, stranger.assertPasskey(options.challenge))
    await stage.api.untilAccount(accountId, 'the answer', ({ state }) => !state.endsWith('submitted'))
  }
  const { pairingFailure } = await stage.api.untilAccount(
    accountId,
    'stopped',
    ({ state }) => state === 'stopped'
  )
  expect(pairingFailure).toMatchObject({ kind: 'passkeyRefused', reason: expect.stringContaining('401') })
  expect(await stage.api.request('GET', `/v1/accounts/${accountId}/passkey`)).toMatchObject({
    status: 409,
    body: { type: 'urn:backscroll:problem:pairing-refused', kind: 'passkeyRefused' }
  })
  expect(await stage.api.incidents(accountId)).toMatchObject([{ kind: 'account.passkeyRefused' }])
  expect(phone.devices).toHaveLength(0)
  await linksAfterwards(linking)
})

test('one who does nothing, one who leaves, and a phone that begins again leave the account able to link', async () => {
  const { accountId, phone, stage } = await newAccount()
  phone.account.passkeys.challengeMs = 1000
  const idle = await scan({ stage, phone, accountId })
  await stage.api.untilPasskey(accountId, 'requested')
  const { pairingFailure } = await stage.api.untilAccount(
    accountId,
    'the end',
    ({ state }) => state === 'stopped'
  )
  expect(pairingFailure).toMatchObject({ kind: 'passkeyExpired' })
  expect(String(await idle.device)).toContain('went away')
  phone.account.passkeys.challengeMs = 600_000

  const left = await scan({ stage, phone, accountId })
  await stage.api.untilPasskey(accountId, 'requested')
  await stage.api.command(accountId, 'disconnect')
  expect(String(await left.device)).toContain('went away')

  // The request comes without its options, and once more.
  phone.account.passkeys.asksWithoutOptions = true
  const again = await scan({ stage, phone, accountId })
  const first = await stage.api.untilPasskey(accountId, 'requested')
  phone.askForPasskeyAgain()
  await stage.api.until('another challenge', async () => {
    const next = await stage.api.untilPasskey(accountId, 'requested')
    return next.options.challenge === first.options.challenge ? undefined : next
  })
  await assert(again)
  expect(await again.device).toBe(1)
  await stage.synced(accountId, phone)
})

test('a request that comes to nothing changes no secret: the phone links with the one that it scanned', async () => {
  const { accountId, phone, stage } = await newAccount()
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  const asking = settled(phone.scanQr(qr!))
  await stage.api.untilPasskey(accountId, 'requested')
  phone.demandPasskey(false)
  await phone.scanQr(qr!)
  await stage.synced(accountId, phone)
  expect(String(await asking)).toContain('without a passkey')
})

test('a refreshed QR code has the same reference and another secret, with which a phone links', async () => {
  const stage = shared()
  const phone = stage.simulator.createPhone(HISTORY)
  const { accountId } = await stage.api.createAccount('Refreshed')
  await stage.api.pair(accountId)
  const { expiresAt, qr } = await stage.api.offer(accountId)
  const partsOf = (text: string) => {
    expect(text).toMatch(/^https:\/\/wa\.me\/settings\/linked_devices#/)
    const [reference, , , secret] = text.split('#')[1]!.split(',')
    return { reference, secret }
  }
  const refreshed = async (before: string) => {
    const next = await stage.api.until('another QR code', async () => {
      const offer = await stage.api.offer(accountId)
      return offer.qr === before ? undefined : offer
    })
    expect(partsOf(next.qr!).reference).toBe(partsOf(before).reference)
    expect(partsOf(next.qr!).secret).not.toBe(partsOf(before).secret)
    expect(next.expiresAt).toBe(expiresAt)
    return next.qr!
  }
  stage.simulator.refreshQrCodes('companion_reg_refresh')
  const second = await refreshed(qr!)
  stage.simulator.refreshQrCodes('pair-device-rotate-qr')
  await phone.scanQr(await refreshed(second))
  await stage.synced(accountId, phone)
})

test('a refused pairing code is told with what to do', async () => {
  const { accountId, phone, stage } = await newAccount()
  const fault = phone.fault({ kind: 'refusePairingCodes', error: 400 })
  await stage.api.pair(accountId, phone.phoneNumber)
  await stage.api.untilAccount(accountId, 'the refusal', ({ state }) => state === 'stopped')
  expect(await stage.api.request('GET', `/v1/accounts/${accountId}/qr`)).toMatchObject({
    status: 409,
    body: {
      type: 'urn:backscroll:problem:pairing-refused',
      kind: 'codeRefused',
      detail: expect.stringContaining('QR code')
    }
  })
  expect(await stage.api.incidents(accountId)).toMatchObject([{ kind: 'account.codeRefused' }])
  fault.clear()
  phone.demandPasskey(false)
  await stage.api.pair(accountId, phone.phoneNumber)
  await phone.enterPairingCode((await stage.api.offer(accountId)).code!)
  await stage.synced(accountId, phone)
})

test('no log of any level holds a challenge, an assertion, a code or a secret', async () => {
  const linking = await asked()
  const { accountId, phone, request, stage } = linking
  await waitTooLong(stage)
  const assertion = phone.assertPasskey(request.options.challenge)
  await stage.api.assertPasskey(accountId, assertion)
  const { code } = await stage.api.untilPasskey(accountId, 'confirming')
  await stage.api.confirmPasskey(accountId)
  phone.comparePasskeyCode('same')
  await stage.synced(accountId, phone)
  const output = stage.server.output()
  expect(output).toContain(accountId)
  const { authenticatorData, clientDataJSON, signature } = assertion.response
  const secrets = [
    request.options.challenge,
    authenticatorData,
    clientDataJSON,
    signature,
    code!,
    assertion.rawId
  ]
  expect(secrets.filter(secret => output.includes(secret))).toEqual([])
})
