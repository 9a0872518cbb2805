// Every Store as its users meet it: the server writes through the interface, an application reads where applications read.
import { Effect, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Firestore } from 'firebase-admin/firestore'
import { databaseOn } from '../../../harness/firestore.ts'
import type { AccountRecord } from '../../../src/domain/account.ts'
import type { Message, Receipt } from '../../../src/domain/message.ts'
import type { Thread } from '../../../src/domain/thread.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { FirestoreDatabase } from '../../../src/services/firestore/publish/database.ts'
import { Publisher } from '../../../src/services/firestore/publish/publisher.ts'
import { installTracking } from '../../../src/services/firestore/publish/tracking.ts'
import { LocalFirestore } from '../../firestore/server.ts'
import { servicesOn } from '../database.ts'

export type Services = Layer.Success<ReturnType<typeof servicesOn>>

/** What an application finds. */
export interface View {
  readonly account: (
    accountId: string
  ) => Promise<Pick<AccountRecord, 'accountId' | 'name' | 'jid'> | undefined>
  /** Most recently active first. */
  readonly threads: (accountId: string) => Promise<ReadonlyArray<Thread>>
  /** Oldest first. */
  readonly messages: (threadId: string) => Promise<ReadonlyArray<Message>>
  readonly receipts: (threadId: string, messageId: string) => Promise<ReadonlyArray<Receipt>>
}

export interface World extends AsyncDisposable {
  readonly run: <A, E>(work: Effect.Effect<A, E, Services>) => Promise<A>
  /** What applications see once everything has arrived where they read. */
  readonly view: () => Promise<View>
}

const sqliteWorld = (): Promise<World> => {
  const runtime = ManagedRuntime.make(servicesOn())
  const run: World['run'] = work => runtime.runPromise(work)
  const view: View = {
    account: accountId => run(AccountStore.use(accounts => accounts.read(accountId))),
    threads: accountId =>
      run(
        ThreadStore.use(threadStore =>
          Effect.map(threadStore.list(accountId, { limit: 200 }), ({ threads }) => threads)
        )
      ),
    messages: threadId =>
      run(
        MessageStore.use(messageStore =>
          Effect.map(messageStore.list(threadId, { limit: 500 }), ({ messages }) => messages.toReversed())
        )
      ),
    receipts: (threadId, messageId) => run(ReceiptStore.use(receipts => receipts.list(threadId, messageId)))
  }
  return Promise.resolve({
    run,
    view: () => Promise.resolve(view),
    [Symbol.asyncDispose]: () => runtime.dispose()
  })
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const as = <A>(data: FirebaseFirestore.DocumentData | undefined) => data as A

const viewOf = (database: Firestore): View => ({
  account: async accountId => as((await database.doc(`accounts/${accountId}`).get()).data()),
  threads: async accountId => {
    const found = await database
      .collection('threads')
      .where('accountId', '==', accountId)
      .orderBy('lastMessageAt', 'desc')
      .get()
    return found.docs.map(document => as<Thread>(document.data()))
  },
  messages: async threadId => {
    const found = await database.collection(`threads/${threadId}/messages`).orderBy('tsClient').get()
    return found.docs.map(document => as<Message>(document.data()))
  },
  receipts: async (threadId, messageId) => {
    const found = await database.doc(`threads/${threadId}/messages/${messageId}`).get()
    return as<ReadonlyArray<Receipt>>(found.get('receipts'))
  }
})

let worlds = 0

/** A world with documents; each has a project of its own. */
export class FirestoreWorld implements World {
  readonly database: Firestore
  private readonly runtime: ManagedRuntime.ManagedRuntime<Services | Publisher | FirestoreDatabase, unknown>

  private constructor(runtime: typeof this.runtime, database: Firestore) {
    this.runtime = runtime
    this.database = database
  }

  static async make(
    host: string,
    file?: string,
    project = newProject(),
    { rampUp = false } = {}
  ): Promise<FirestoreWorld> {
    const runtime = ManagedRuntime.make(
      Publisher.layer({ rampUp }).pipe(
        Layer.provideMerge(databaseOn(host, project)),
        Layer.provideMerge(servicesOn(file))
      )
    )
    await runtime.runPromise(installTracking)
    return new FirestoreWorld(runtime, await runtime.runPromise(FirestoreDatabase))
  }

  run<A, E>(work: Effect.Effect<A, E, Services | Publisher | FirestoreDatabase>): Promise<A> {
    return this.runtime.runPromise(work)
  }

  /** Brings everything to Firestore, as if the pauses between two writes of a document had passed. */
  async publish(): Promise<void> {
    await this.run(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const publisher = yield* Publisher
        do yield* sql`UPDATE firestore_documents SET due = 0 WHERE due IS NOT NULL`
        while ((yield* publisher.runOnce) > 0)
      })
    )
  }

  async view(): Promise<View> {
    await this.publish()
    return viewOf(this.database)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.dispose()
  }
}

export const newProject = (): string => `demo-${process.pid}-${(worlds += 1)}-${Date.now()}`

/** Read before a local server puts its own address there, for Google's client. */
const EMULATOR = process.env['FIRESTORE_EMULATOR_HOST'] ?? ''

/** Every kind of store there is, and why one cannot be tried here. */
export const STORES: ReadonlyArray<{
  readonly name: string
  readonly absent?: string
  readonly make: () => Promise<World>
}> = [
  { name: 'SQLite', make: sqliteWorld },
  {
    name: 'Firestore, on the local server',
    make: async () => {
      const server = await LocalFirestore.start()
      const world = await FirestoreWorld.make(server.host)
      return {
        run: world.run.bind(world),
        view: world.view.bind(world),
        [Symbol.asyncDispose]: async () => {
          await world[Symbol.asyncDispose]()
          await server.stop()
        }
      }
    }
  },
  {
    name: 'Firestore, on the emulator at FIRESTORE_EMULATOR_HOST',
    ...(EMULATOR === '' ? { absent: 'FIRESTORE_EMULATOR_HOST names no emulator' } : {}),
    make: () => FirestoreWorld.make(EMULATOR)
  }
]
