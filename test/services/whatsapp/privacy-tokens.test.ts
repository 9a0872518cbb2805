// Tokens of a history chunk: stored where Baileys looks for them, the newest of each contact.
import { proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { privacyTokensIn } from '../../../src/services/whatsapp/convert/privacy-tokens.ts'
import { decodeKey } from '../../../src/services/whatsapp/socket/auth-state.ts'
import {
  isTokenExpired,
  ownToken,
  ownTokenFor,
  storePrivacyTokens
} from '../../../src/services/whatsapp/tokens/privacy-tokens.ts'
import { Vault } from '../../../src/services/vault/vault.ts'
import { servicesOn } from '../database.ts'

const NOW = 1_767_225_600_000
const ANN = { pn: '491@s.whatsapp.net', lid: '11@lid' }
const BEN = { pn: '492@s.whatsapp.net', lid: '22@lid' }

const chunkOf = (conversations: ReadonlyArray<proto.IConversation>, salt?: Uint8Array) => {
  const writer = proto.HistorySync.encode({
    syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP,
    conversations: [...conversations],
    phoneNumberToLidMappings: [{ pnJid: BEN.pn, lidJid: BEN.lid }]
  })
  if (salt !== undefined) writer.uint32((19 << 3) | 2).bytes(salt)
  const encoded = writer.finish()
  return privacyTokensIn(proto.HistorySync.decode(encoded), encoded)
}

test('a token is stored under the LID, wherever the chunk says it, and a newer one is not replaced by an older one', async () => {
  const token = (text: string) => new Uint8Array(Buffer.from(text))
  const seconds = NOW / 1000
  const first = chunkOf(
    [
      {
        id: ANN.pn,
        lidJid: ANN.lid,
        tcToken: token('ann'),
        tcTokenTimestamp: seconds,
        tcTokenSenderTimestamp: 7
      },
      { id: BEN.pn, tcToken: token('ben'), tcTokenTimestamp: seconds },
      { id: '33@lid', tcToken: token('old'), tcTokenTimestamp: seconds - 60 * 24 * 3600 },
      { id: '1203@g.us', tcToken: token('group'), tcTokenTimestamp: seconds },
      { id: '44@lid', tcToken: token('undated') },
      { id: '55@lid', tcToken: new Uint8Array(2000), tcTokenTimestamp: seconds }
    ],
    token('salt')
  )
  expect(first.contacts.map(({ jid }) => jid)).toEqual([ANN.lid, BEN.lid, '33@lid'])
  const stored = await Effect.runPromise(
    Effect.gen(function* () {
      const vault = yield* Vault
      yield* storePrivacyTokens(vault, 'acc-1', first)
      yield* storePrivacyTokens(
        vault,
        'acc-1',
        chunkOf([{ id: ANN.lid, tcToken: token('older'), tcTokenTimestamp: seconds - 1 }])
      )
      const keys = yield* vault.readKeys('acc-1', 'tctoken', [ANN.lid, BEN.lid, '33@lid', '__index'])
      const own = (lid: string) => ownToken(vault, 'acc-1', lid, NOW)
      return {
        ann: decodeKey('tctoken', keys.get(ANN.lid)!),
        ben: decodeKey('tctoken', keys.get(BEN.lid)!),
        index: Buffer.from(decodeKey('tctoken', keys.get('__index')!).token).toString(),
        toAnn: yield* own(ANN.lid),
        toOld: yield* own('33@lid'),
        toStranger: yield* own('99@lid'),
        ofOther: yield* ownToken(vault, 'acc-2', '99@lid', NOW)
      }
    }).pipe(Effect.provide(servicesOn()))
  )
  expect(Buffer.from(stored.ann.token).toString()).toBe('ann')
  expect(stored.ann).toMatchObject({ timestamp: String(seconds), senderTimestamp: 7 })
  expect(Buffer.from(stored.ben.token).toString()).toBe('ben')
  expect(JSON.parse(stored.index)).toEqual([ANN.lid, BEN.lid, '33@lid'])
  expect(stored.toAnn).toBeUndefined()
  expect(stored.toOld).toEqual(ownTokenFor(token('salt'), '33@lid'))
  expect(stored.toStranger).toEqual(ownTokenFor(token('salt'), '99@lid'))
  expect(stored.ofOther).toBeUndefined()
})

test('a token holds for the week it was given in and the three after it', () => {
  const week = 7 * 24 * 3600
  const start = 2900 * week
  expect(isTokenExpired(start, start + 4 * week - 1)).toBe(false)
  expect(isTokenExpired(start, start + 4 * week)).toBe(true)
  expect(isTokenExpired(start + week - 1, start + 4 * week - 1)).toBe(false)
})
