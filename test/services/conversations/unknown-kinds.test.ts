// Kinds that this version does not understand are counted, and reported once a server.
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { Conversations } from '../../../src/services/conversations/apply.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { runtimeOn } from '../database.ts'
import { message } from './facts.ts'

const unsupported = (id: string, kind: string) => message(id, { type: `unsupported:${kind}`, body: null })
const left: Fact = { kind: 'leftOut', name: 'newerProtocolType', unknownKind: 'protocol38' }

/** Stores the facts on a server of its own, and answers the incidents there are afterwards. */
const stored = async (file: string, ...batches: ReadonlyArray<readonly [string, ReadonlyArray<Fact>]>) => {
  const runtime = runtimeOn(file)
  try {
    return await runtime.runPromise(
      Effect.gen(function* () {
        const conversations = yield* Conversations
        for (const [accountId, facts] of batches) yield* conversations.apply(accountId, facts)
        return yield* Incidents.use(({ list }) => list({ limit: 50 }))
      })
    )
  } finally {
    await runtime.dispose()
  }
}

test('a kind is reported once, however many messages, accounts and restarts there are', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'kinds.db')
  await stored(
    file,
    ['one', [unsupported('A', 'field129'), unsupported('B', 'field129'), left]],
    ['another', [unsupported('A', 'field129')]]
  )
  const incidents = await stored(file, ['one', [unsupported('C', 'field129'), left, message('D')]])
  folder.remove()
  const rows = incidents.map(({ accountId, count, kind, subject }) => [accountId, kind, subject, count])
  expect(new Set(rows.map(row => JSON.stringify(row)))).toEqual(
    new Set(
      [
        [null, 'message.unsupportedKind', 'field129', 1],
        [null, 'message.unsupportedKind', 'protocol38', 1]
      ].map(row => JSON.stringify(row))
    )
  )
})

test('a sender who invents kinds gets one incident', async () => {
  const invented = Array.from({ length: 50 }, (_, n) => unsupported(`M${n}`, `field${10_000 + n}`))
  const incidents = await stored(':memory:', ['one', invented])
  expect(incidents.map(({ count, subject }) => [subject, count])).toEqual([['other', 1]])
})
