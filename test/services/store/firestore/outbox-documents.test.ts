// Two servers that have the same account and see the same documents: each document becomes one entry at one of them.
import { Effect, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { StrayRejections } from '../../../../src/services/observe/stray-rejections.ts'
import { Attachments } from '../../../../src/services/send/attachments.ts'
import { Outbox } from '../../../../src/services/send/outbox.ts'
import { FirestoreDatabase } from '../../../../src/services/store/firestore/database.ts'
import { OutboxDocuments } from '../../../../src/services/store/firestore/outbox-documents.ts'
import { Store } from '../../../../src/services/store/store.ts'
import { WhatsApp } from '../../../../src/services/whatsapp/whatsapp.ts'
import { temporaryFolder } from '../../../../harness/server-process.ts'
import { databaseOn } from '../../../../harness/firestore.ts'
import { LocalFirestore } from '../../../firestore/server.ts'
import { servicesOn } from '../../database.ts'
import { ACCOUNT as RECORD } from '../../send/account.ts'
import { newProject } from '../world.ts'

const serverOn = (host: string, projectId: string, folder: string) =>
  ManagedRuntime.make(
    OutboxDocuments.layer({ sweepMs: 60_000 }).pipe(
      Layer.provideMerge(databaseOn(host, projectId)),
      Layer.provideMerge(Outbox.layer({ paceMs: 0 })),
      Layer.provideMerge(Attachments.layer({ folder, largest: 1000, allowPrivateAddresses: false })),
      Layer.provideMerge(
        WhatsApp.layer({
          url: new URL('ws://127.0.0.1:9'),
          trustRoot: '',
          connectTimeoutMs: 1000,
          sendTimeoutMs: 1000,
          paceMs: 0,
          syncFullHistory: false,
          dryRun: false
        })
      ),
      Layer.provideMerge(servicesOn()),
      Layer.provideMerge(StrayRejections.layer)
    )
  )

test('of two servers with the same account, one takes each document', async () => {
  const firestore = await LocalFirestore.start()
  const folder = temporaryFolder()
  const project = newProject()
  const servers = [1, 2].map(() => serverOn(firestore.host, project, folder.path))
  for (const server of servers) await server.runPromise(Store.use(store => store.createAccount(RECORD)))
  const database = await servers[0]!.runPromise(FirestoreDatabase)
  const documents = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      database
        .collection('outbox')
        .add({ accountId: RECORD.accountId, to: '4915100000001', content: { text: `Message ${n}` } })
    )
  )

  await Promise.all(servers.map(server => server.runPromise(OutboxDocuments.use(({ sweep }) => sweep))))

  const taken = await Promise.all(
    servers.map(server =>
      server.runPromise(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          return (yield* sql<{ id: string }>`SELECT document_id AS id FROM outbox`).map(({ id }) => id)
        })
      )
    )
  )
  expect(taken.flat().toSorted()).toEqual(documents.map(({ id }) => id).toSorted())
  const claims = await database.collection('outbox').get()
  expect(new Set(claims.docs.map(document => document.get('claimedBy'))).size).toBe(
    taken.filter(ids => ids.length > 0).length
  )
  for (const server of servers) await server.dispose()
  folder.remove()
  await firestore.stop()
})
