// firestore.rules, asked by Google's own web client: who reads what, and what may be put into the outbox. The rules are
// judged by this project's reading of their language, not by Google's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deleteApp, initializeApp } from 'firebase/app'
import {
  addDoc,
  collection,
  collectionGroup,
  connectFirestoreEmulator,
  deleteDoc,
  doc,
  type Firestore,
  getDoc,
  getDocs,
  getFirestore,
  onSnapshot,
  orderBy,
  query,
  serverTimestamp,
  setDoc,
  setLogLevel,
  updateDoc,
  where
} from 'firebase/firestore'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FirestoreReader, PROJECT } from '../../harness/firestore.ts'
import { deployedIndexes } from './deployed-indexes.ts'
import { LocalFirestore } from './server.ts'

const OURS = 'acc-ours'
const THEIRS = 'acc-theirs'
const THREAD = `${OURS}__491@s.whatsapp.net`
const OTHER_THREAD = `${THEIRS}__492@s.whatsapp.net`

let server: LocalFirestore
let nobody: Firestore
let viewer: Firestore
let agent: Firestore
let admin: Firestore
let stranger: Firestore
const closing: Array<() => Promise<void>> = []

const as = (claims: Record<string, unknown> | undefined): Firestore => {
  const app = initializeApp({ projectId: PROJECT, apiKey: 'none' }, `user-${closing.length}`)
  const firestore = getFirestore(app)
  const [host, port] = server.host.split(':')
  connectFirestoreEmulator(
    firestore,
    host!,
    Number(port),
    claims === undefined ? {} : { mockUserToken: { sub: 'user-1', ...claims } }
  )
  closing.push(() => deleteApp(app))
  return firestore
}

const granted = (role: string, accounts: ReadonlyArray<string> = []) => as({ backscroll: { role, accounts } })

beforeAll(async () => {
  // Every refusal is an error in its log.
  setLogLevel('silent')
  server = await LocalFirestore.start({
    indexes: deployedIndexes,
    rules: readFileSync(join(import.meta.dirname, '..', '..', 'firestore.rules'), 'utf8')
  })
  await using writer = new FirestoreReader(server.host)
  for (const [accountId, threadId] of [
    [OURS, THREAD],
    [THEIRS, OTHER_THREAD]
  ] as const) {
    await writer.database.doc(`accounts/${accountId}`).set({ accountId })
    await writer.database.doc(`threads/${threadId}`).set({ accountId, lastMessageAt: 1 })
    await writer.database.doc(`threads/${threadId}/messages/A1`).set({ accountId, threadId, tsClient: 1 })
    await writer.database.doc(`contacts/${threadId}`).set({ accountId })
    await writer.database.doc(`incidents/${accountId}`).set({ accountId })
    await writer.database.doc(`outbox/${accountId}`).set({ accountId, status: 'sent' })
  }
  await writer.database.doc('incidents/of-the-server').set({ accountId: null })
  nobody = as(undefined)
  stranger = as({})
  viewer = granted('viewer', [OURS])
  agent = granted('agent', [OURS])
  admin = granted('admin')
})
afterAll(async () => {
  await Promise.all(closing.map(close => close()))
  await server.stop()
})

const denied = expect.objectContaining({ code: 'permission-denied' })
const OURS_PATHS = [
  `accounts/${OURS}`,
  `threads/${THREAD}`,
  `threads/${THREAD}/messages/A1`,
  `contacts/${THREAD}`,
  `incidents/${OURS}`,
  `outbox/${OURS}`
]
const THEIR_PATHS = OURS_PATHS.map(path => path.replaceAll(THREAD, OTHER_THREAD).replaceAll(OURS, THEIRS))

describe('reading', () => {
  test('a user reads what belongs to the accounts granted to them', async () => {
    for (const user of [viewer, agent, admin]) {
      for (const path of OURS_PATHS) expect((await getDoc(doc(user, path))).exists()).toBe(true)
    }
  })

  test('and nothing else', async () => {
    for (const user of [viewer, agent]) {
      for (const path of [...THEIR_PATHS, 'incidents/of-the-server', 'else/where']) {
        await expect(getDoc(doc(user, path))).rejects.toEqual(denied)
      }
    }
    for (const user of [nobody, stranger, granted('owner', [OURS])]) {
      for (const path of OURS_PATHS) await expect(getDoc(doc(user, path))).rejects.toEqual(denied)
    }
  })

  test('an admin reads what belongs to any account, and what belongs to none', async () => {
    for (const path of [...THEIR_PATHS, 'incidents/of-the-server']) {
      expect((await getDoc(doc(admin, path))).exists()).toBe(true)
    }
  })

  test('lists and listeners are answered when they name what was granted, as the guide shows them', async () => {
    const threads = (user: Firestore, accountId: string) =>
      getDocs(
        query(
          collection(user, 'threads'),
          where('accountId', '==', accountId),
          orderBy('lastMessageAt', 'desc')
        )
      )
    expect((await threads(viewer, OURS)).size).toBe(1)
    await expect(threads(viewer, THEIRS)).rejects.toEqual(denied)
    await expect(getDocs(collection(viewer, 'threads'))).rejects.toEqual(denied)
    const several = (accounts: ReadonlyArray<string>) =>
      getDocs(query(collection(viewer, 'accounts'), where('accountId', 'in', accounts)))
    expect((await several([OURS])).size).toBe(1)
    await expect(several([OURS, THEIRS])).rejects.toEqual(denied)

    const heard = await new Promise<number>((resolve, reject) => {
      const stop = onSnapshot(
        query(collection(viewer, `threads/${THREAD}/messages`), orderBy('tsClient')),
        snapshot => {
          if (snapshot.size === 0) return
          stop()
          resolve(snapshot.size)
        },
        reject
      )
    })
    expect(heard).toBe(1)
    await expect(
      getDocs(query(collection(viewer, `threads/${OTHER_THREAD}/messages`), orderBy('tsClient')))
    ).rejects.toEqual(denied)
    const everywhere = (accountId: string) =>
      getDocs(
        query(
          collectionGroup(viewer, 'messages'),
          where('accountId', '==', accountId),
          orderBy('tsClient', 'desc')
        )
      )
    expect((await everywhere(OURS)).size).toBe(1)
    await expect(everywhere(THEIRS)).rejects.toEqual(denied)
  })
})

describe('the outbox', () => {
  const request = { accountId: OURS, to: '4915100000001', content: { text: 'x' }, clientMessageId: 'm-1' }
  const put = (user: Firestore, data: object) => addDoc(collection(user, 'outbox'), data)

  test('takes what is well-formed, from who may send', async () => {
    for (const data of [
      request,
      { ...request, createdAt: serverTimestamp(), createdBy: 'user-1' },
      { ...request, sendAt: new Date(Date.now() + 1000), expiresAt: '2030-01-01T00:00:00Z' },
      { accountId: OURS, threadId: THREAD, content: { text: 'x', replyTo: 'A1' }, clientMessageId: 'm-2' }
    ]) {
      await put(agent, data)
    }
    await put(admin, { ...request, accountId: THEIRS })
    for (const user of [viewer, stranger, nobody]) await expect(put(user, request)).rejects.toEqual(denied)
    await expect(put(agent, { ...request, accountId: THEIRS })).rejects.toEqual(denied)
  })

  test.each([
    ['without an account', { accountId: undefined }],
    ['without content', { content: undefined }],
    ['without a clientMessageId', { clientMessageId: undefined }],
    ['with an empty content', { content: {} }],
    ['with text for content', { content: 'x' }],
    ['with two addresses', { threadId: THREAD }],
    ['with no address', { to: undefined }],
    ['with a thread of another account', { to: undefined, threadId: OTHER_THREAD }],
    ['with a status of its own', { status: 'sent' }],
    ['with a claim', { claimedBy: 'me' }],
    ['in the name of another', { createdBy: 'user-2' }],
    ['with a made-up time', { createdAt: new Date(0) }],
    ['to be sent at a list', { sendAt: [1] }],
    ['that expires at a map', { expiresAt: { seconds: 1 } }],
    ['with a long clientMessageId', { clientMessageId: 'x'.repeat(201) }]
  ])('refuses a document %s', async (_, fields) => {
    const data = Object.fromEntries(
      Object.entries({ ...request, ...fields }).filter(([, value]) => value !== undefined)
    )
    await expect(put(agent, data)).rejects.toEqual(denied)
  })

  test('lets nobody change or remove what was put there', async () => {
    const { path } = await put(agent, request)
    for (const user of [agent, admin]) {
      await expect(updateDoc(doc(user, path), { content: { text: 'y' } })).rejects.toEqual(denied)
      await expect(deleteDoc(doc(user, path))).rejects.toEqual(denied)
    }
  })
})

test('nobody writes anything else, whoever they are', async () => {
  for (const path of [...OURS_PATHS.filter(one => !one.startsWith('outbox')), 'else/where']) {
    for (const user of [agent, admin]) {
      await expect(setDoc(doc(user, path), { accountId: OURS })).rejects.toEqual(denied)
      await expect(deleteDoc(doc(user, path))).rejects.toEqual(denied)
    }
  }
})
