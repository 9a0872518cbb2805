// What an account that is linked has to store at once does not hold up the others.
import { Curve, INITIAL_PREKEY_COUNT, type SignalDataSet, type SignalKeyStore } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { rememberPreKeys } from '../../../../src/services/whatsapp/socket/pre-key-check.ts'

test('the keys of a new device are written in parts, with the others’ turns between them', async () => {
  const ids = Array.from({ length: INITIAL_PREKEY_COUNT }, (_, place) => place + 1)
  const pair = Curve.generateKeyPair()
  const turns: Array<'others' | number> = []
  const store: SignalKeyStore = {
    get: () => ({}),
    set: (data: SignalDataSet) => void turns.push(Object.keys(data['pre-key'] ?? {}).length)
  }
  const keys = rememberPreKeys(store)
  let isWritten = false
  const others = (): void => {
    turns.push('others')
    if (!isWritten) setImmediate(others)
  }
  setImmediate(others)
  await keys.set({ 'pre-key': Object.fromEntries(ids.map(id => [String(id), pair])) })
  isWritten = true

  const parts = turns.filter(turn => turn !== 'others')
  expect(parts.reduce((sum, size) => sum + size, 0)).toBe(INITIAL_PREKEY_COUNT)
  expect(Math.max(...parts)).toBeLessThanOrEqual(50)
  expect(turns.some((turn, place) => turn !== 'others' && typeof turns[place + 1] === 'number')).toBe(false)
  expect(Object.keys(await keys.held(ids))).toHaveLength(INITIAL_PREKEY_COUNT)
})
