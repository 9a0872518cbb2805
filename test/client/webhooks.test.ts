// Verifying deliveries: what this server signs is accepted, anything else is not.
import { expect, test } from 'vitest'
import { BackscrollUsageError, type Delivery, verifyWebhook } from '../../src/client/index.ts'
import { newSecret, signatureHeaders } from '../../src/services/webhooks/signature.ts'

const SECRET = newSecret()
const NOW = 1_796_000_000_000
const BODY = JSON.stringify({ type: 'message.stored', data: { body: 'Grüße 👋' } })

const delivered = (changed: Partial<Delivery> = {}, secrets = [SECRET]): Delivery => ({
  body: BODY,
  headers: signatureHeaders(secrets, { messageId: 'msg_1', timestamp: NOW / 1000, body: BODY }),
  secret: SECRET,
  now: NOW,
  ...changed
})

test('a delivery of this server is accepted, as text or bytes, from any form of headers', async () => {
  const headers = signatureHeaders([SECRET], { messageId: 'msg_1', timestamp: NOW / 1000, body: BODY })
  const upper = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])
  )
  for (const delivery of [
    delivered(),
    delivered({ body: new TextEncoder().encode(BODY) }),
    delivered({ headers: new Headers(headers) }),
    delivered({ headers: upper }),
    // While the secret is exchanged: the sender signs with both, the receiver knows one, or the other way round.
    delivered({}, [newSecret(), SECRET]),
    delivered({ secret: [newSecret(), SECRET] }),
    delivered({ now: NOW + 299_000 }),
    delivered({ now: NOW + 3_600_000, toleranceSeconds: 7200 })
  ])
    expect(await verifyWebhook(delivery)).toEqual(JSON.parse(BODY))
})

test('the example of the standard is accepted', async () => {
  expect(
    await verifyWebhook({
      body: '{"test": 2432232314}',
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
      },
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      now: 1_614_265_330_000
    })
  ).toEqual({ test: 2_432_232_314 })
})

test.each<readonly [string, Partial<Delivery>, RegExp]>([
  ['another body', { body: `${BODY} ` }, /No signature/],
  ['another secret', { secret: newSecret() }, /No signature/],
  ['an old delivery', { now: NOW + 301_000 }, /too old/],
  ['one from the future', { now: NOW - 301_000 }, /future/],
  ['no headers', { headers: {} }, /webhook-id is missing/],
  ['a secret that is none', { secret: 'whsec_?' }, /base64/],
  [
    'another scheme',
    {
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(NOW / 1000),
        'webhook-signature': 'v1a,AAAA v1,?'
      }
    },
    /No signature/
  ],
  [
    'a time that is none',
    { headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': 'now', 'webhook-signature': 'v1,AAAA' } },
    /not a number/
  ]
])('%s is refused', async (_, changed, reason) => {
  await expect(verifyWebhook(delivered(changed))).rejects.toThrow(reason)
})

test('what programs without types forget is said in words, and is no forged delivery', async () => {
  const given = (changed: Record<string, unknown>) =>
    verifyWebhook({ ...delivered(), ...changed } as Delivery)
  for (const [changed, told] of [
    [{ secret: undefined }, 'secret'],
    [{ secret: '' }, 'secret'],
    [{ secret: [] }, 'secret'],
    [{ secret: [SECRET, undefined] }, 'secret'],
    [{ secret: 'whsec_not base64!' }, 'secret'],
    [{ body: JSON.parse(BODY) }, 'before they are parsed'],
    [{ headers: undefined }, 'headers']
  ] as const) {
    const refused: unknown = await given(changed).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BackscrollUsageError)
    expect(refused).toHaveProperty('message', expect.stringContaining(told))
  }
})
