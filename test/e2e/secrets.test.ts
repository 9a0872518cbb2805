// What must not be written anywhere, searched for in everything the server writes.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

test('no log of any level holds a phone number, a message, or a key', async () => {
  const vaultKey = Buffer.alloc(32, 42).toString('base64')
  await using stage = await Stage.set({ LOG_LEVEL: 'trace', VAULT_KEY: vaultKey })
  const { phone, accountId } = await stage.linked({ history: { chats: 6, messages: 200 } })
  const contact = phone.contacts[0]!
  await phone.receive({ from: contact, text: 'Zwetschgendatschi to be kept private' })
  await stage.api.send(accountId, contact.phoneNumber, 'Gugelhupf to be kept private')
  const to = contact.phoneNumber
  await stage.api.queue(accountId, {
    to,
    poll: { question: 'Apfelstrudel?', options: ['Apfelstrudel ja', 'nein'] }
  })
  await stage.api.upload(
    accountId,
    { bytes: Buffer.from('Kaiserschmarrn'), type: 'text/plain', name: 'Marillenknoedel.txt' },
    { to, caption: 'Apfelstrudel' }
  )
  const media = { url: 'http://127.0.0.1:9/Marillenknoedel' }
  await stage.api.request('POST', `/v1/accounts/${accountId}/messages`, { to, media })
  phone.ring({ from: contact })
  phone.fault({ kind: 'corruptMessages' }, { times: 1 })
  await phone.receive({ from: contact, text: 'Zwetschgendatschi in pieces' })
  phone.disconnect()
  await phone.receive({ from: contact, text: 'Zwetschgendatschi again' })
  await stage.synced(accountId, phone)
  phone.disconnect({ code: 500 })
  await stage.api.untilAccount(accountId, 'back', account => account.state === 'open')
  await stage.server.stop()

  const output = stage.server.output()
  expect(output.split('\n').length).toBeGreaterThan(20)
  const secrets = [
    stage.server.key,
    vaultKey,
    'Zwetschgendatschi',
    'Gugelhupf',
    'Apfelstrudel',
    'Kaiserschmarrn',
    'Marillenknoedel',
    phone.phoneNumber,
    ...phone.contacts.flatMap(({ phoneNumber, lid }) => [phoneNumber, lid.split('@')[0]!]),
    ...phone.truth().messages.flatMap(({ text }) => (text !== undefined && text.length > 12 ? [text] : []))
  ]
  expect(secrets.filter(secret => output.includes(secret))).toEqual([])
  expect(output).not.toMatch(/privKey|private|SessionEntry|chainKey/)
})

test('what is sealed cannot be read from any file of the data folder', async () => {
  await using stage = await Stage.setInProcess()
  const { phone } = await stage.linked({ history: { chats: 2, messages: 20 } })
  await stage.server.stop()

  const bytes = Buffer.concat(
    readdirSync(stage.dataDir, { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile())
      .map(entry => readFileSync(join(entry.parentPath, entry.name)))
  )
  const companion = phone.devices[0]!
  // Public halves of the device's own keys stand in for its credentials: they are only there if those are readable.
  for (const key of [companion.noiseKey, companion.identity, companion.signedPreKey.publicKey]) {
    const bare = Buffer.from(key)
    expect(bare.length).toBeGreaterThanOrEqual(32)
    for (const form of [bare, Buffer.from(bare.toString('base64')), Buffer.from(bare.toString('hex'))]) {
      expect(bytes.includes(form)).toBe(false)
    }
  }
  for (const word of ['noiseKey', 'advSecretKey', 'signedIdentityKey', 'initialHistBootstrapInlinePayload']) {
    expect(bytes.includes(Buffer.from(word))).toBe(false)
  }
})
