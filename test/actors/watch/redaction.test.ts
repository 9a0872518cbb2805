// What actors show of themselves: named fields, and nothing else, whatever an event or a context holds.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { inspectedSystem } from '../../../src/actors/watch/inspected-system.ts'
import { redactedFields, redactedDefinition, redactedEvent } from '../../../src/actors/watch/redaction.ts'
import { accountMachine } from '../../../src/machines/account.ts'
import { supervisorMachine } from '../../../src/machines/supervisor.ts'

const SECRET = 'A secret + 4915112345678 = 🔑'

// `reason` is not among the names: it holds words of ours (src/domain/disconnect.ts), never WhatsApp's.
test('nothing passes but by name, however deep it lies and whatever it is called', () => {
  const secrets = fc.object({ values: [fc.constant(SECRET)], maxDepth: 4 })
  const named = fc.dictionary(
    fc.constantFrom(
      'pairing',
      'offer',
      'input',
      'disconnect',
      'qr',
      'text',
      'accountId',
      'jid',
      'attempts',
      'linked'
    ),
    secrets
  )
  fc.assert(
    fc.property(fc.oneof(secrets, named), value => {
      const told = JSON.stringify([redactedFields(value), redactedEvent({ ...value, type: 'x' })])
      expect(told).not.toContain('secret')
      expect(told).not.toContain('4915112345678')
    }),
    { numRuns: 500, seed: 3 }
  )
})

test('of addresses the ends are shown, of offers that there is one', () => {
  expect(
    redactedFields({
      pairing: { method: 'code', phoneNumber: '+4915112345678' },
      offer: { method: 'code', text: 'ABCD1234', expiresAt: 5 },
      passkey: {
        options: { challenge: 'AAAA', rpId: 'whatsapp.com' },
        expiresAt: 6,
        refusal: 'WhatsApp refused the passkey (code 401)',
        code: 'ABCD-1234',
        isConfirmed: false
      },
      assertion: { id: 'AAAA', response: { signature: 'AAAA' } },
      jid: '4915112345678:3@s.whatsapp.net',
      lastDisconnect: { code: 408, reason: 'Lost 4915112345678', at: 7 }
    })
  ).toEqual({
    pairing: { method: 'code', phoneNumber: '+49…78' },
    offer: { method: 'code', expiresAt: 5 },
    passkey: { expiresAt: 6, isConfirmed: false },
    jid: '49…78:3@s.whatsapp.net',
    lastDisconnect: { code: 408, reason: 'Lost …', at: 7 }
  })
})

test('a definition keeps its states, events, delays, guards and actions by name, and no parameter of an action', () => {
  const definition = JSON.stringify(redactedDefinition(accountMachine.config))
  for (const name of [
    'reconnecting',
    'socket.closed',
    'closedWith banned',
    'connectTimeout',
    'rememberEnd',
    'outbox',
    'historyDue'
  ])
    expect(definition).toContain(`"${name}"`)
  expect(definition).not.toContain('params')
})

test('the running system is shown from its root to the work of its states, and ends are told', () => {
  const root = createActor(supervisorMachine).start()
  const system = inspectedSystem(root)
  root.send({
    type: 'account.start',
    input: {
      accountId: 'acc-1',
      linked: true,
      wanted: true,
      ended: null,
      lastDisconnect: null,
      suspension: null
    }
  })
  const present = system
    .snapshot(undefined)
    .map(({ accountId, text }) => ({ accountId, ...JSON.parse(text) }))
  expect(present.map(({ accountId, name }) => [accountId, name])).toEqual([
    [undefined, 'supervisor'],
    ['acc-1', 'acc-1'],
    ...['ingest', 'history', 'media', 'socket'].map(work => ['acc-1', work])
  ])
  expect(present[1]).toMatchObject({ parentId: root.sessionId, rootId: root.sessionId })
  expect(JSON.parse(present[1].definition)).toEqual(redactedDefinition(accountMachine.config))

  const heard: Array<Record<string, unknown>> = []
  const detach = system.subscribe(({ text }) => heard.push(JSON.parse(text)))
  root.getSnapshot().children['acc-1']!.send({ type: 'socket.qrOffered', qr: SECRET, expiresAt: 5 })
  root.send({ type: 'account.stop', accountId: 'acc-1' })
  detach()
  root.send({ type: 'account.restartDue', accountId: 'acc-1' })
  expect(JSON.stringify(heard)).not.toContain('secret')
  expect(heard).toContainEqual(
    expect.objectContaining({
      sessionId: present[1].sessionId,
      snapshot: expect.objectContaining({ status: 'stopped' })
    })
  )
  expect(JSON.stringify(heard)).not.toContain('restartDue')
  root.stop()
})
