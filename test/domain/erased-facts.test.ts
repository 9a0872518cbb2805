// What is stored again of people who were erased. WhatsApp tells times in whole seconds.
import { expect, test } from 'vitest'
import { type ErasedPerson, withoutErased } from '../../src/domain/erased-facts.ts'
import type { Fact } from '../../src/domain/fact.ts'
import { ANN, change, GROUP, message, T0 } from '../services/conversations/facts.ts'

const ERASED_AT = T0 + 400
const kept = (facts: ReadonlyArray<Fact>, hasReturned = false) => {
  const ann: ErasedPerson = { erasedAt: ERASED_AT, hasReturned, isLidKnown: false }
  return withoutErased(facts, jid => (jid === ANN ? ann : undefined)).facts
}
const receipt = (at: number): Fact => ({
  kind: 'receipt',
  chat: { jid: ANN },
  recipient: { jid: ANN },
  whatsAppIds: ['A'],
  status: 'read',
  at
})

test.each([
  { what: 'live, in the second of the request', timestamp: T0, live: true, isKept: true },
  { what: 'live, of the second before', timestamp: T0 - 1000, live: true, isKept: false },
  { what: 'of a history, in the second of the request', timestamp: T0, live: false, isKept: false },
  { what: 'of a history, of the second after', timestamp: T0 + 1000, live: false, isKept: true }
])('a message $what', ({ isKept, live, timestamp }) => {
  expect(kept([message('A', { timestamp, live })])).toHaveLength(isKept ? 1 : 0)
})

test('a receipt in the second of the request is of what came after it', () => {
  expect(kept([receipt(T0)])).toHaveLength(1)
  expect(kept([receipt(T0 - 1000)])).toEqual([])
})

test('a change in the second of the request counts once something new has come', () => {
  const edit = change('A', { to: 'edited', body: 'b', at: T0 })
  expect(kept([edit])).toEqual([])
  expect(kept([message('A', { timestamp: T0 }), edit])).toHaveLength(2)
  expect(kept([edit], true)).toHaveLength(1)
})

test('what others quote of them in that second was written before it', () => {
  const quoting = message('B', {
    chat: { jid: GROUP },
    sender: { jid: '492@s.whatsapp.net' },
    timestamp: T0,
    quoted: { whatsAppId: 'A', sender: { jid: ANN }, excerpt: 'words of Ann' }
  })
  expect(kept([quoting])).toMatchObject([{ whatsAppId: 'B', quoted: { whatsAppId: 'A' }, raw: null }])
  expect(JSON.stringify(kept([quoting]))).not.toContain('words of Ann')
})
