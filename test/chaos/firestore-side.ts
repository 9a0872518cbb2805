// Firestore's side of the chaos: an application that sends by writing documents, a Firestore that goes away now and then,
// and the same comparison with what applications read there.
import { setTimeout as pause } from 'node:timers/promises'
import type { DocumentReference } from 'firebase-admin/firestore'
import { compare } from '../../harness/compare.ts'
import { FirestoreReader } from '../../harness/firestore.ts'
import type { ServerProcess } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { grpcCodeOf } from '../../src/services/firestore/publish/errors.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { withoutHostile } from './hostile.ts'
import { pick, type Random, randomOf } from './random.ts'

export interface FirestoreResult {
  readonly lost: number
  readonly duplicated: number
  readonly different: number
  /** Sent by document. */
  readonly sends: number
  readonly sends_lost: number
  readonly sends_duplicated: number
  /** Times Firestore went away. */
  readonly outages: number
  /** Documents of messages written, by message: more than 1 by what changes later and by what a kill repeats. */
  readonly writes_per_message: number
}

export class FirestoreSide implements AsyncDisposable {
  private readonly firestore: LocalFirestore
  private readonly reader: FirestoreReader
  private readonly documents: Array<{ readonly id: string; readonly text: string; readonly phone: Phone }> =
    []
  private readonly writers: Array<Promise<void>> = []
  private running = true
  private outages = 0

  private constructor(firestore: LocalFirestore) {
    this.firestore = firestore
    this.reader = new FirestoreReader(firestore.host)
  }

  static async start(): Promise<FirestoreSide> {
    return new FirestoreSide(await LocalFirestore.start())
  }

  /** For the server; what its listener misses is looked for more often than usual. */
  get settings(): Readonly<Record<string, string>> {
    return { ...FirestoreReader.settings(this.firestore.host), FIRESTORE_OUTBOX_SWEEP: '2s' }
  }

  /** An application of this account begins to write documents. */
  add(
    phone: Phone,
    accountId: string,
    { pauseMs = 100, seed }: { readonly pauseMs?: number | undefined; readonly seed: number }
  ): void {
    this.writers.push(this.write(phone, accountId, randomOf(seed), pauseMs))
  }

  private async write(phone: Phone, accountId: string, random: Random, pauseMs: number): Promise<void> {
    for (let n = 0; this.running; n += 1) {
      const text = `document ${n}`
      const to = pick(random, phone.contacts).phoneNumber
      const document = this.reader.database.collection('outbox').doc()
      await created(document, { accountId, to, content: { text }, clientMessageId: `document-${n}` })
      this.documents.push({ id: document.id, text, phone })
      await pause(pauseMs)
    }
  }

  /** Goes away for a while, sometimes. */
  async maybeAway(random: Random): Promise<void> {
    if (random() > 0.4) return
    this.outages += 1
    await this.firestore.interrupt()
    await pause(random() * 1500)
    await this.firestore.listen()
  }

  async stopWriting(): Promise<void> {
    this.running = false
    await Promise.all(this.writers)
  }

  async verdict(
    server: ServerProcess,
    accounts: ReadonlyArray<{ readonly accountId: string; readonly phone: Phone }>,
    log: (text: string) => void
  ): Promise<FirestoreResult> {
    const times = await Promise.all(this.documents.map(document => this.timesReceived(document)))
    await server.api.untilPublished()
    const totals = { lost: 0, duplicated: 0, different: 0, messages: 0 }
    for (const { accountId, phone } of accounts) {
      const found = await compare(withoutHostile(this.reader), accountId, phone.truth().messages)
      totals.messages += found.messages
      totals.lost += found.missing.length
      totals.duplicated += found.duplicates.length
      totals.different += found.different.length
      for (const difference of found.different.slice(0, 5)) log(`different in Firestore: ${difference}`)
      for (const message of found.missing.slice(0, 5)) log(`not in Firestore: ${JSON.stringify(message)}`)
    }
    const written = this.firestore.documents.tally.byCollection.get('messages') ?? 0
    return {
      lost: totals.lost,
      duplicated: totals.duplicated,
      different: totals.different,
      sends: this.documents.length,
      sends_lost: times.filter(count => count === 0).length,
      sends_duplicated: times.filter(count => count > 1).length,
      outages: this.outages,
      writes_per_message: Math.round((written / totals.messages) * 100) / 100
    }
  }

  /** Completes once every document was sent, or will not be. */
  async settled(server: ServerProcess, log: (text: string) => void): Promise<void> {
    for (const { id } of this.documents) {
      const document = this.reader.database.collection('outbox').doc(id)
      await server.api
        .until(`the document ${id} to be sent`, async () =>
          (await document.get()).get('status') === 'sent' ? true : undefined
        )
        .catch((cause: unknown) => log(String(cause)))
    }
  }

  private async timesReceived({ id, phone, text }: (typeof this.documents)[number]): Promise<number> {
    const entryId: unknown = (await this.reader.database.collection('outbox').doc(id).get()).get('entryId')
    const got = phone.truth().received.filter(entry => entry.id === entryId && entry.text === text)
    return got.reduce((sum, entry) => sum + entry.times, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader[Symbol.asyncDispose]()
    await this.firestore.stop()
  }
}

const ALREADY_EXISTS = 6

/** However often Firestore goes away meanwhile; an answer that was lost shows when it is tried again. */
const created = async (document: DocumentReference, data: object): Promise<void> => {
  for (;;) {
    try {
      await document.create(data)
      return
    } catch (error) {
      if (grpcCodeOf(error) === ALREADY_EXISTS) return
      await pause(200)
    }
  }
}

/** Whether anything was lost or doubled. */
export const isFirestoreClean = (result: FirestoreResult | undefined): boolean =>
  result === undefined ||
  result.lost + result.duplicated + result.different + result.sends_lost + result.sends_duplicated === 0
