// Two servers that have the same account and see the same documents: each document becomes one entry at one of them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Effect, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AccountStore } from '../../../../src/services/conversations/account-store.ts'
import { Incidents } from '../../../../src/services/incidents/incidents.ts'
import { AccountMemory } from '../../../../src/services/process/account-memory.ts'
import * as SteadyClock from '../../../../src/services/process/steady-clock.ts'
import { StrayRejections } from '../../../../src/services/process/stray-rejections.ts'
import { Attachments } from '../../../../src/services/outbox/attachments.ts'
import { Outbox } from '../../../../src/services/outbox/outbox.ts'
import { MessageFiles } from '../../../../src/services/outbox/message-files.ts'
import { LinkPreviews } from '../../../../src/services/outbox/preparation/link/link-previews.ts'
import { Preparation } from '../../../../src/services/outbox/preparation/preparation.ts'
import { LiveEvents } from '../../../../src/services/events/live-events.ts'
import { FirestoreDatabase } from '../../../../src/services/firestore/publish/database.ts'
import { OutboxDocuments } from '../../../../src/services/firestore/requests/outbox-documents.ts'
import { AccountProxies } from '../../../../src/services/whatsapp/proxy/account-proxies.ts'
import { ClientVersion } from '../../../../src/services/whatsapp/version/client-version.ts'
import { WhatsApp } from '../../../../src/services/whatsapp/whatsapp.ts'
import { temporaryFolder } from '../../../../harness/server-process.ts'
import { databaseOn } from '../../../../harness/firestore.ts'
import { LocalFirestore } from '../../../firestore/server.ts'
import { servicesOn } from '../../database.ts'
import { ACCOUNT as RECORD } from '../../outbox/account.ts'
import { newProject } from '../../conversations/world.ts'

const serverOn = (host: string, projectId: string, folder: string) =>
  ManagedRuntime.make(
    OutboxDocuments.layer({ sweepMs: 60_000 }).pipe(
      Layer.provideMerge(databaseOn(host, projectId)),
      Layer.provideMerge(Outbox.layer({ paceMs: 0, postStatuses: false })),
      Layer.provideMerge(LinkPreviews.layer({ enabled: false, allowPrivateAddresses: false })),
      Layer.provideMerge(Layer.merge(Preparation.layer(), MessageFiles.none)),
      Layer.provideMerge(Attachments.layer({ folder, largest: 1000, allowPrivateAddresses: true })),
      Layer.provideMerge(
        WhatsApp.layer({
          url: new URL('ws://127.0.0.1:9'),
          mediaBase: new URL('http://127.0.0.1:9'),
          trustRoot: '',
          connectTimeoutMs: 1000,
          sendTimeoutMs: 1000,
          selfTestAfterMs: 60_000,
          selfTestTimeoutMs: 30_000,
          paceMs: 0,
          keepStatuses: false,
          postStatuses: false,
          syncFullHistory: false,
          dryRun: false
        })
      ),
      Layer.provideMerge(ClientVersion.layer({ fixed: [2, 3000, 1], page: new URL('http://127.0.0.1:9') })),
      Layer.provideMerge(Layer.mock(AccountProxies, {})),
      Layer.provideMerge(LiveEvents.layer),
      Layer.provideMerge(servicesOn()),
      Layer.provideMerge([AccountMemory.layer, SteadyClock.layer, StrayRejections.layer])
    )
  )

test('of two servers with the same account, one takes each document', async () => {
  const firestore = await LocalFirestore.start()
  const folder = temporaryFolder()
  const project = newProject()
  const servers = [1, 2].map(() => serverOn(firestore.host, project, folder.path))
  for (const server of servers) await server.runPromise(AccountStore.use(accounts => accounts.create(RECORD)))
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

describe('one server', () => {
  const alone = async () => {
    const firestore = await LocalFirestore.start()
    const folder = temporaryFolder()
    const server = serverOn(firestore.host, newProject(), folder.path)
    await server.runPromise(AccountStore.use(accounts => accounts.create(RECORD)))
    const database = await server.runPromise(FirestoreDatabase)
    onTestFinished(async () => {
      await server.dispose()
      folder.remove()
      await firestore.stop()
    })
    const outbox = database.collection('outbox')
    return {
      firestore,
      outbox,
      sweep: () => server.runPromise(OutboxDocuments.use(({ sweep }) => sweep)),
      server
    }
  }
  const request = { accountId: RECORD.accountId, to: '4915100000001', content: { text: 'x' } }

  test('leaves what another one has claimed, and is not fooled by a claim that is none', async () => {
    const { outbox, sweep } = await alone()
    const others = await outbox.add({ ...request, status: 'claimed', claimedBy: 'another' })
    const forged = await outbox.add({ ...request, status: 'claimed' })
    await sweep()
    expect((await others.get()).data()).toEqual({ ...request, status: 'claimed', claimedBy: 'another' })
    expect((await forged.get()).data()).toMatchObject({
      payload: request.content,
      claimedBy: expect.any(String)
    })
  })

  test('answers a document that has no room for an answer', async () => {
    const { outbox, sweep } = await alone()
    const large = await outbox.add({ ...request, content: { text: 'x'.repeat(1_048_300) } })
    await sweep()
    const answered = (await large.get()).data()
    expect(answered).toMatchObject({ status: 'rejected', field: 'text' })
    expect(answered).not.toHaveProperty('content')
  })

  test('tells when even an answer finds no room', async () => {
    const { outbox, server, sweep } = await alone()
    await outbox.add({ ...request, to: '', note: 'x'.repeat(1_048_440) })
    await sweep()
    const told = await server.runPromise(Incidents.use(({ list }) => list({ limit: 10 })))
    expect(told).toMatchObject([{ kind: 'firestore.refused', severity: 'warning' }])
  })

  test('sends at once what was to be sent while it was away, and judges a time by when it was asked for', async () => {
    const { firestore, outbox, server, sweep } = await alone()
    firestore.documents.now = () => Date.now() - 120_000
    const soon = await outbox.add({ ...request, sendAt: new Date(Date.now() - 90_000), expiresAt: null })
    const past = await outbox.add({ ...request, sendAt: new Date(Date.now() - 3_600_000) })
    firestore.documents.now = Date.now
    await sweep()
    expect((await soon.get()).data()).toMatchObject({ status: 'claimed' })
    expect((await past.get()).data()).toMatchObject({ status: 'rejected', field: 'sendAt' })
    const rows = await server.runPromise(SqlClient.SqlClient.use(sql => sql`SELECT 1 FROM outbox`))
    expect(rows).toHaveLength(1)
  })

  test.each([
    ['null', null],
    ['a list', [1, 2]],
    ['a number', 7],
    ['text', 'hello'],
    ['deep maps', { text: { text: { text: 'x' } } }],
    ['what is not to be sent', { file: '/etc/passwd' }]
  ])('answers content that is %s', async (_, content) => {
    const { outbox, sweep } = await alone()
    const odd = await outbox.add({ ...request, content })
    await sweep()
    expect((await odd.get()).data()).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(/: .{5}/)
    })
  })

  test('does not let a file that is slow to come keep other accounts waiting', async () => {
    const { outbox, server, sweep } = await alone()
    await server.runPromise(AccountStore.use(accounts => accounts.create({ ...RECORD, accountId: 'acc-2' })))
    const held = createServer(() => undefined)
    held.listen(0, '127.0.0.1')
    await once(held, 'listening')
    const { port } = held.address() as AddressInfo
    const slow = await outbox.add({
      ...request,
      content: { media: { url: `http://127.0.0.1:${port}/never.png` } }
    })
    const quick = await outbox.add({ ...request, accountId: 'acc-2' })
    const accepted = new Promise<void>(resolve => {
      const stop = quick.onSnapshot(found => {
        if (found.get('status') !== 'claimed') return
        stop()
        resolve()
      })
    })
    const sweeping = sweep()
    await accepted
    expect((await slow.get()).get('status')).toBe('claimed')
    held.closeAllConnections()
    held.close()
    await sweeping
    expect((await slow.get()).data()).toMatchObject({ status: 'rejected', field: 'media.url' })
  })
})
