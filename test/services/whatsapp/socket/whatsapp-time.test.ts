// Which stanzas tell WhatsApp's time.
import { expect, test } from 'vitest'
import { timeToldBy } from '../../../../src/services/whatsapp/socket/whatsapp-time.ts'

const SERVER = 's.whatsapp.net'

test('a login and an answer to a keep-alive tell the time', () => {
  expect(timeToldBy({ tag: 'success', attrs: { t: '1796000000' } })).toBe(1_796_000_000_500)
  expect(timeToldBy({ tag: 'iq', attrs: { type: 'result', from: SERVER, t: '1796000000' } })).toBe(
    1_796_000_000_500
  )
})

test.each(['0', '-1', 'soon', '', '8300000000', '1.5e9', '1796000000000', '999999999'])(
  'a login with the time "%s" tells none',
  t => {
    expect(timeToldBy({ tag: 'success', attrs: { t } })).toBeUndefined()
  }
)

test('what others send tells no time', () => {
  for (const [tag, attrs] of [
    ['message', { from: '491@s.whatsapp.net' }],
    ['receipt', { from: '491@s.whatsapp.net' }],
    ['iq', { type: 'result', from: '491@s.whatsapp.net' }],
    ['iq', { type: 'set', from: SERVER }],
    ['success', {}]
  ] as const)
    expect(timeToldBy({ tag, attrs: tag === 'success' ? {} : { ...attrs, t: '1796000000' } })).toBeUndefined()
})
