// The Signal state of a phone, when it and a linked device have opened sessions at the same time.
import { Curve } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { SignalDevice } from '../../simulator/signal/signal-device.ts'

const PHONE = '100000000001@lid'
const LINKED = '100000000001:1@lid'
const text = (conversation: string) => ({ conversation })

it('keeps a new session sound while messages of an earlier one still come in', async () => {
  const phone = new SignalDevice(Curve.generateKeyPair())
  const linked = new SignalDevice(Curve.generateKeyPair())
  const toLinked = async (conversation: string) => {
    const { ciphertext, type } = await phone.encrypt(LINKED, text(conversation), () => linked.bundle())
    return (await linked.decrypt(PHONE, type, ciphertext)).conversation
  }
  const encryptToPhone = (conversation: string) =>
    linked.encrypt(PHONE, text(conversation), () => phone.bundle())
  expect(await toLinked('first')).toBe('first')

  const earlier = [await encryptToPhone('one'), await encryptToPhone('two')]
  await phone.renewSession(LINKED, linked.bundle())
  for (const [index, { ciphertext, type }] of earlier.entries())
    expect((await phone.decrypt(LINKED, type, ciphertext)).conversation).toBe(['one', 'two'][index])
  const { ciphertext } = earlier[0]!
  await expect(phone.decrypt(LINKED, 'msg', ciphertext)).rejects.toThrow()

  expect(await toLinked('in the new session')).toBe('in the new session')
  const answer = await encryptToPhone('also')
  expect((await phone.decrypt(LINKED, answer.type, answer.ciphertext)).conversation).toBe('also')
  phone.close()
  linked.close()
})
