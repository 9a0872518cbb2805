// Real Signal sessions over our key store: the ways in which Baileys' own store loses messages must not exist here.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  DEFAULT_CONNECTION_CONFIG,
  generateOrGetPreKeys,
  generateSignalPubKey,
  initAuthCreds,
  type SignalRepositoryWithLIDStore,
  Curve
} from '@whiskeysockets/baileys'
import { Effect, type ManagedRuntime } from 'effect'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  decodeCredentials,
  encodeCredentials,
  reservePreKeys
} from '../../../../src/services/whatsapp/socket/auth-state.ts'
import { baileysLogger } from '../../../../src/services/whatsapp/socket/baileys-log.ts'
import { makeSignalKeys } from '../../../../src/services/whatsapp/socket/signal-keys.ts'
import { disableConsole } from '../../../../src/services/whatsapp/socket/console-guard.ts'
import { Vault } from '../../../../src/services/vault/vault.ts'
import { runtimeOn } from '../../database.ts'

disableConsole()
const quiet = baileysLogger(() => undefined)
type Runtime = ManagedRuntime.ManagedRuntime<Vault, unknown>

let runtime: Runtime
beforeEach(() => {
  runtime = runtimeOn()
})
afterEach(() => runtime.dispose())

/** A device whose keys are in our vault; `pause` holds its commits back until it is called again. */
const device = async (name: string) => {
  const vault = await runtime.runPromise(Effect.service(Vault))
  const creds = initAuthCreds()
  const keys = makeSignalKeys({
    accountId: name,
    vault,
    run: effect => runtime.runPromise(effect),
    commit: changes => runtime.runPromise(vault.writeKeys(name, changes)),
    credentialsFor: changes => (reservePreKeys(creds, changes) ? encodeCredentials(creds) : undefined)
  })
  const repository: SignalRepositoryWithLIDStore = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
    { creds, keys },
    quiet
  )
  let nextPreKey = 1
  const bundle = async () => {
    const preKey = Curve.generateKeyPair()
    const keyId = nextPreKey++
    await keys.set({ 'pre-key': { [keyId]: preKey } })
    return {
      registrationId: creds.registrationId,
      identityKey: generateSignalPubKey(creds.signedIdentityKey.public),
      signedPreKey: {
        keyId: creds.signedPreKey.keyId,
        publicKey: generateSignalPubKey(creds.signedPreKey.keyPair.public),
        signature: creds.signedPreKey.signature
      },
      preKey: { keyId, publicKey: generateSignalPubKey(preKey.public) }
    }
  }
  return { repository, bundle, jid: `${name}@s.whatsapp.net` }
}
type Device = Awaited<ReturnType<typeof device>>

const write = (from: Device, to: Device, text: string) =>
  from.repository.encryptMessage({ jid: to.jid, data: Buffer.from(text) })
const read = async (to: Device, from: Device, message: { type: 'pkmsg' | 'msg'; ciphertext: Uint8Array }) =>
  Buffer.from(await to.repository.decryptMessage({ jid: from.jid, ...message })).toString()
const meet = async (from: Device, to: Device) =>
  from.repository.injectE2ESession({ jid: to.jid, session: await to.bundle() })

test('when both sides open a session at once, messages of both sessions are read, late ones included', async () => {
  const [ours, theirs] = [await device('491'), await device('492')]
  await meet(ours, theirs)
  await meet(theirs, ours)
  const fromOurs = await write(ours, theirs, 'ours first')
  const late = []
  for (const text of ['theirs 1', 'theirs 2', 'theirs 3'])
    late.push([text, await write(theirs, ours, text)] as const)
  expect(await read(ours, theirs, late[0]![1])).toBe('theirs 1')
  expect(await read(theirs, ours, fromOurs)).toBe('ours first')
  // Theirs answers in our session; trying it in their own first must not damage that one.
  for (const text of ['answer 1', 'answer 2'])
    expect(await read(ours, theirs, await write(theirs, ours, text))).toBe(text)

  for (const [text, message] of late.slice(1)) expect(await read(ours, theirs, message)).toBe(text)
})

test('a message received while another is being sent to the same device keeps its ratchet step', async () => {
  const [ours, theirs] = [await device('491'), await device('492')]
  await meet(theirs, ours)
  await read(ours, theirs, await write(theirs, ours, 'hello'))
  await read(theirs, ours, await write(ours, theirs, 'hello back'))

  for (let n = 0; n < 10; n += 1) {
    const incoming = await write(theirs, ours, `in ${n}`)
    const [text, outgoing] = await Promise.all([
      read(ours, theirs, incoming),
      write(ours, theirs, `out ${n}`)
    ])
    expect(text).toBe(`in ${n}`)
    expect(await read(theirs, ours, outgoing)).toBe(`out ${n}`)
  }
})

test('a group message that a later one has overtaken is read', async () => {
  const [ours, theirs] = [await device('491'), await device('492')]
  const group = '120363000000000001@g.us'
  const say = (text: string) =>
    theirs.repository.encryptGroupMessage({ group, meId: theirs.jid, data: Buffer.from(text) })
  const [first, second, third] = [await say('first'), await say('second'), await say('third')]
  await ours.repository.processSenderKeyDistributionMessage({
    authorJid: theirs.jid,
    item: { groupId: group, axolotlSenderKeyDistributionMessage: first.senderKeyDistributionMessage }
  })
  const hear = async ({ ciphertext }: { ciphertext: Uint8Array }) =>
    Buffer.from(
      await ours.repository.decryptGroupMessage({ group, authorJid: theirs.jid, msg: ciphertext })
    ).toString()

  expect(await hear(third)).toBe('third')
  expect(await hear(first)).toBe('first')
  expect(await hear(second)).toBe('second')
})

test('a pre-key that was handed out keeps its number, also when the process dies before Baileys counts it', async () => {
  const vault = await runtime.runPromise(Effect.service(Vault))
  const ann = await device('ann')
  const { preKey } = await ann.bundle()
  // What a new process finds: nothing was told through creds.update.
  const found = decodeCredentials(await runtime.runPromise(vault.readCredentials('ann')))
  expect(found.nextPreKeyId).toBe(preKey.keyId + 1)
  expect(found.firstUnuploadedPreKeyId).toBe(preKey.keyId + 1)
  const { newPreKeys } = generateOrGetPreKeys(found, 1)
  expect(Object.keys(newPreKeys)).toEqual([String(preKey.keyId + 1)])
})

test('transactions run one after the other, each in the async context of its caller, also after one that failed', async () => {
  const vault = await runtime.runPromise(Effect.service(Vault))
  const caller = new AsyncLocalStorage<number>()
  const log: Array<string> = []
  const keys = makeSignalKeys({
    accountId: '491',
    vault,
    run: effect => runtime.runPromise(effect),
    commit: (_, result) => {
      log.push(`commit ${String(result)} for ${caller.getStore()}`)
      return Promise.resolve()
    },
    credentialsFor: () => undefined
  })
  const failure = new Error('not this one')
  const transaction = (number: number) =>
    caller.run(number, () =>
      keys.transaction(async () => {
        log.push(`begin ${number}`)
        await new Promise(resolve => setImmediate(resolve))
        if (number === 2) throw failure
        await keys.set({ 'sender-key-memory': { a: { b: true } } })
        return number
      }, 'unused')
    )
  const [first, second, third] = await Promise.allSettled([1, 2, 3].map(transaction))
  expect([first, third]).toMatchObject([{ value: 1 }, { value: 3 }])
  expect(second).toMatchObject({ reason: failure })
  expect(log).toEqual(['begin 1', 'commit 1 for 1', 'begin 2', 'begin 3', 'commit 3 for 3'])
})
