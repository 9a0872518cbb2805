// Documents of two servers that publish to one project are stored in one database: nothing of one hides anything of the other.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../../src/services/conversations/account-store.ts'
import { decodeThreadDocument } from '../../../../src/services/firestore/migrate/documents.ts'
import { storeThread } from '../../../../src/services/firestore/migrate/store-documents.ts'
import { Coverage } from '../../../../src/services/history/coverage/coverage.ts'
import { threadIdOf } from '../../../../src/domain/ids.ts'
import { ACCOUNT, ANN, T0 } from '../../conversations/facts.ts'
import { onDatabase } from '../../database.ts'
import { ACCOUNT as RECORD } from '../../outbox/account.ts'

const BOB = '492@s.whatsapp.net'

/** A conversation as its document has it. */
const threadDocument = (jid: string, coverage: object) =>
  decodeThreadDocument({
    threadId: threadIdOf(ACCOUNT, jid),
    accountId: ACCOUNT,
    clientJid: jid,
    kind: 'direct',
    displayName: null,
    aliases: [],
    lastMessageAt: T0,
    lastMessageText: null,
    lastMessageDirection: null,
    unreadCount: 0,
    archived: false,
    pinnedAt: null,
    mutedUntil: null,
    ephemeralSeconds: 0,
    createdAt: T0,
    pastParticipants: [],
    coverage: { state: 'partial', beginningReached: false, gaps: [], lastRefusal: null, ...coverage }
  })

const coverageAfter = (documents: ReadonlyArray<readonly [string, object]>) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const coverage = yield* Coverage
      yield* accounts.create(RECORD)
      for (const [jid, given] of documents) yield* storeThread(yield* threadDocument(jid, given))
      return yield* Effect.forEach(documents, ([jid]) => coverage.read(threadIdOf(ACCOUNT, jid)))
    })
  )

test('gaps with the same number are both kept, the first under its own', async () => {
  const gap = { gapId: 7, reason: 'outage', from: 1, to: 2, openedAt: 3 }
  const [first, second] = await coverageAfter([
    [ANN, { gaps: [gap] }],
    [BOB, { gaps: [gap] }]
  ])
  expect(first?.gaps).toMatchObject([gap])
  expect(second?.gaps).toMatchObject([{ ...gap, gapId: expect.any(Number) }])
})

test('a conversation that is complete because older messages are not kept stays so', async () => {
  const [found] = await coverageAfter([[ANN, { state: 'complete', keptSince: 1000 }]])
  expect(found).toMatchObject({ state: 'complete', keptSince: 1000 })
})
