// Statuses are acknowledged whatever becomes of them, but not before what is to be kept of them was written down.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { statusHandling } from '../../../../src/services/whatsapp/socket/statuses.ts'

const silent: WASocket['logger'] = {
  level: 'silent',
  child: () => silent,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined
}

const status: BinaryNode = {
  tag: 'message',
  attrs: { from: 'status@broadcast', participant: '491@s.whatsapp.net', id: 'S1', t: '1', type: 'text' },
  content: [{ tag: 'enc', attrs: { type: 'pkmsg', v: '2' }, content: new Uint8Array([1, 2, 3]) }]
}

/** What is done with a status that fails before it is decrypted, in its order. */
const doneWith = (isKept: boolean): Promise<ReadonlyArray<string>> =>
  new Promise(resolve => {
    const done: Array<string> = []
    const handle = statusHandling({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      socket: {
        logger: silent,
        signalRepository: {
          lidMapping: { getLIDForPN: () => Promise.reject(new Error('WhatsApp did not answer')) }
        }
      } as unknown as WASocket,
      self: () => ({ jid: '490@s.whatsapp.net' }),
      isKept,
      handled: ({ attrs }) => done.push(`handled ${attrs['id']}`),
      acknowledge: ({ attrs }) => resolve([...done, `acknowledged ${attrs['id']}`])
    })
    handle(status)
  })

test('one that fails before it is decrypted is written down as such before it is acknowledged', async () => {
  expect(await doneWith(true)).toEqual(['handled S1', 'acknowledged S1'])
})

test('one that is not kept is acknowledged', async () => {
  expect(await doneWith(false)).toEqual(['acknowledged S1'])
})
