// The product's HTTP API as a client uses it.
import type { BackfillJob, BackfillTask } from '../src/domain/backfill.ts'
import type { ThreadCoverage } from '../src/domain/coverage.ts'
import type { Label } from '../src/domain/label.ts'
import type { Incident } from '../src/domain/incident.ts'
import type { Message, Receipt } from '../src/domain/message.ts'
import type { OutboxEntry } from '../src/domain/outbox.ts'
import type { RetentionCount, RetentionState } from '../src/domain/retention.ts'
import type { Erasure } from '../src/domain/erasure.ts'
import type { PersonLine } from '../src/services/personal-data/export.ts'
import type { StoreState } from '../src/domain/publishing.ts'
import type { Thread } from '../src/domain/thread.ts'
import { type EventStream, readEvents } from './event-stream.ts'
import { HttpClient, isJson } from './http-client.ts'
import type {
  AccountResource,
  Answer,
  ImportAnswer,
  MediaAnswer,
  MediaCounts,
  Queued,
  MessagePage,
  PasskeyResource,
  ThreadPage,
  SearchPage,
  ExportedLine
} from './resources.ts'

type MessageWithReceipts = Message & { readonly receipts: ReadonlyArray<Receipt> }

const messagePath = (threadId: string, messageId: string): string =>
  `/v1/threads/${encodeURIComponent(threadId)}/messages/${messageId}`

export class Api extends HttpClient {
  createAccount(name: string, proxy?: string): Promise<AccountResource> {
    return this.expect(201, 'POST', '/v1/accounts', { name, ...(proxy === undefined ? {} : { proxy }) })
  }

  setProxy(accountId: string, proxy: string | null): Promise<AccountResource> {
    return this.expect(200, 'PATCH', `/v1/accounts/${accountId}`, { proxy })
  }

  /** Takes over a session of another server; the answer may be a refusal. */
  async importSession(
    session: Uint8Array,
    query: Readonly<Record<string, string>>,
    contentType = 'application/zip'
  ): Promise<Answer<ImportAnswer>> {
    const response = await this.fetch(`/v1/accounts/import?${new URLSearchParams(query).toString()}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: Uint8Array.from(session)
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { status: response.status, body: (await response.json()) as ImportAnswer }
  }

  /** A request about webhooks; `path` is what follows in the URL. */
  webhooks<A = unknown>(status: number, method: string, path = '', body?: object): Promise<A> {
    return this.expect(status, method, `/v1/webhooks${path}`, body)
  }

  account(accountId: string): Promise<AccountResource> {
    return this.expect(200, 'GET', `/v1/accounts/${accountId}`)
  }

  command(
    accountId: string,
    command: 'connect' | 'disconnect' | 'logout' | 'restart'
  ): Promise<AccountResource> {
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/${command}`)
  }

  pair(accountId: string, phoneNumber?: string): Promise<AccountResource> {
    const body = phoneNumber === undefined ? { method: 'qr' } : { method: 'code', phoneNumber }
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/pair`, body)
  }

  send(accountId: string, to: string, text: string, idempotencyKey?: string): Promise<Queued> {
    return this.queue(accountId, { to, text, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
  }

  /** Queues any content. */
  queue(accountId: string, body: object): Promise<Queued> {
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/messages`, body)
  }

  /** Queues a file with its fields, as a form. */
  async upload(
    accountId: string,
    file: { readonly bytes: Uint8Array; readonly type: string; readonly name: string },
    fields: Readonly<Record<string, string>>
  ): Promise<Answer<Queued>> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', new Blob([Uint8Array.from(file.bytes)], { type: file.type }), file.name)
    const response = await this.fetch(`/v1/accounts/${accountId}/messages`, { method: 'POST', body: form })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { status: response.status, body: (await response.json()) as Queued }
  }

  entry(accountId: string, entryId: string): Promise<OutboxEntry> {
    return this.expect(200, 'GET', `/v1/accounts/${accountId}/outbox/${entryId}`)
  }

  /** The entry once it has this status. */
  untilEntry(accountId: string, entryId: string, status: OutboxEntry['status']): Promise<OutboxEntry> {
    return this.untilWanted(
      `the entry to be ${status}`,
      () => this.entry(accountId, entryId),
      entry => entry.status === status
    )
  }

  thread(threadId: string): Promise<Thread> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}`)
  }

  message(threadId: string, messageId: string): Promise<MessageWithReceipts> {
    return this.expect(200, 'GET', messagePath(threadId, messageId))
  }

  /** The message once it is as wanted; it may not be there yet. */
  untilMessage(
    threadId: string,
    messageId: string,
    wanted: (message: MessageWithReceipts) => boolean
  ): Promise<MessageWithReceipts> {
    let last: unknown
    return this.until(
      () => `the message ${messageId} to be as wanted; it is ${JSON.stringify(last)}`,
      async () => {
        const answer = await this.request<MessageWithReceipts>('GET', messagePath(threadId, messageId))
        last = answer.body
        return answer.status === 200 && wanted(answer.body) ? answer.body : undefined
      }
    )
  }

  async labels(accountId: string): Promise<ReadonlyArray<Label>> {
    const { labels } = await this.expect<{ labels: ReadonlyArray<Label> }>(
      200,
      'GET',
      `/v1/accounts/${accountId}/labels`
    )
    return labels
  }

  coverage(threadId: string): Promise<ThreadCoverage> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}/coverage`)
  }

  /** How complete the threads of an account are. */
  async threadsCoverage(
    accountId: string,
    query: Readonly<Record<string, string>> = {}
  ): Promise<ReadonlyArray<ThreadCoverage>> {
    const { threads } = await this.expect<{ threads: ReadonlyArray<ThreadCoverage> }>(
      200,
      'GET',
      `/v1/accounts/${accountId}/coverage/threads?${new URLSearchParams(query).toString()}`
    )
    return threads
  }

  async retention(): Promise<ReadonlyArray<RetentionState>> {
    return (await this.expect<{ rules: ReadonlyArray<RetentionState> }>(200, 'GET', '/v1/retention')).rules
  }

  /** What would be removed if things were kept for so long. */
  async retentionDryRun(keep: Readonly<Record<string, string>>): Promise<ReadonlyArray<RetentionCount>> {
    const body = await this.expect<{ rules: ReadonlyArray<RetentionCount> }>(
      200,
      'POST',
      '/v1/retention/dry-run',
      keep
    )
    return body.rules
  }

  erase(accountId: string, person: string): Promise<Erasure> {
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/erasures`, { person })
  }

  untilErased(accountId: string, erasureId: string): Promise<Erasure> {
    return this.until('a person to be erased', async () => {
      const erasure = await this.expect<Erasure>(
        200,
        'GET',
        `/v1/accounts/${accountId}/erasures/${erasureId}`
      )
      return erasure.status === 'done' ? erasure : undefined
    })
  }

  async exportedPerson(accountId: string, person: string): Promise<ReadonlyArray<PersonLine>> {
    const response = await this.fetch(`/v1/accounts/${accountId}/person/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ person })
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(text)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as PersonLine]))
  }

  backfill(
    accountId: string,
    request: { threadId?: string; threads?: number; count?: number; until?: number }
  ): Promise<BackfillJob> {
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/backfill`, request)
  }

  job(
    accountId: string,
    jobId: string
  ): Promise<BackfillJob & { readonly tasks: ReadonlyArray<BackfillTask> }> {
    return this.expect(200, 'GET', `/v1/accounts/${accountId}/backfill/${jobId}`)
  }

  async jobs(accountId: string): Promise<ReadonlyArray<BackfillJob>> {
    const { jobs } = await this.expect<{ jobs: ReadonlyArray<BackfillJob> }>(
      200,
      'GET',
      `/v1/accounts/${accountId}/backfill?limit=200`
    )
    return jobs
  }

  /** The jobs once there are some. */
  untilJobs(accountId: string): Promise<ReadonlyArray<BackfillJob>> {
    return this.until('a backfill job', async () => {
      const jobs = await this.jobs(accountId)
      return jobs.length > 0 ? jobs : undefined
    })
  }

  /** The job once it is as wanted; done unless said otherwise. */
  untilJob(
    accountId: string,
    jobId: string,
    wanted: (job: BackfillJob) => boolean = job => job.status === 'done'
  ): Promise<BackfillJob & { readonly tasks: ReadonlyArray<BackfillTask> }> {
    return this.untilWanted('the backfill job to be as wanted', () => this.job(accountId, jobId), wanted)
  }

  /** The file of a message, or the refusal as JSON in `problem`. */
  async media(
    messageKey: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET'
  ): Promise<MediaAnswer> {
    const path = `/v1/messages/${encodeURIComponent(messageKey)}/media`
    const response = await this.fetch(path, { method, headers })
    const bytes = Buffer.from(await response.arrayBuffer())
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      problem: isJson(response) ? (JSON.parse(bytes.toString()) as MediaAnswer['problem']) : undefined
    }
  }

  mediaCounts(accountId: string): Promise<MediaCounts> {
    return this.expect(200, 'GET', `/v1/accounts/${accountId}/media`)
  }

  /** Where applications read, and how far Firestore is behind. */
  store(): Promise<StoreState> {
    return this.expect(200, 'GET', '/v1/store')
  }

  /** Completes once Firestore shows everything. */
  untilPublished(): Promise<StoreState> {
    return this.until('everything to be in Firestore', async () => {
      const state = await this.store()
      return state.publishing?.waiting === 0 ? state : undefined
    })
  }

  async incidents(accountId?: string): Promise<ReadonlyArray<Incident>> {
    const query = accountId === undefined ? '' : `?accountId=${accountId}`
    const { incidents } = await this.expect<{ incidents: ReadonlyArray<Incident> }>(
      200,
      'GET',
      `/v1/incidents${query}`
    )
    return incidents
  }

  /** Server-sent events until `stop` is called. */
  async subscribe(query = ''): Promise<EventStream> {
    const abort = new AbortController()
    return readEvents(await this.fetch(`/v1/events${query}`, { signal: abort.signal }), abort)
  }

  /** What is offered for scanning or typing, once something is. */
  async offer(accountId: string): Promise<{ qr: string | null; code: string | null; expiresAt: number }> {
    return this.until('a pairing offer', async () => {
      const answer = await this.request<{ qr: string | null; code: string | null; expiresAt: number }>(
        'GET',
        `/v1/accounts/${accountId}/qr`
      )
      return answer.status === 200 ? answer.body : undefined
    })
  }

  /** The QR code that is offered once this one is no longer. */
  nextQr(accountId: string, qr: string): Promise<string> {
    return this.until('another QR code', async () => {
      const offer = await this.offer(accountId)
      return offer.qr !== null && offer.qr !== qr ? offer.qr : undefined
    })
  }

  /** The passkey request once it is at this step. */
  untilPasskey(accountId: string, step: PasskeyResource['step']): Promise<PasskeyResource> {
    return this.until(`the passkey to be ${step}`, async () => {
      const answer = await this.request<PasskeyResource>('GET', `/v1/accounts/${accountId}/passkey`)
      return answer.status === 200 && answer.body.step === step ? answer.body : undefined
    })
  }

  assertPasskey(accountId: string, assertion: object): Promise<Answer<PasskeyResource>> {
    return this.request('POST', `/v1/accounts/${accountId}/passkey/assertion`, assertion)
  }

  confirmPasskey(accountId: string): Promise<Answer<PasskeyResource>> {
    return this.request('POST', `/v1/accounts/${accountId}/passkey/confirm`)
  }

  /** Asks until the account is as wanted. */
  untilAccount(
    accountId: string,
    what: string,
    wanted: (account: AccountResource) => boolean
  ): Promise<AccountResource> {
    return this.untilWanted(what, () => this.account(accountId), wanted)
  }

  threadPage(accountId: string, query: Readonly<Record<string, string>> = {}): Promise<ThreadPage> {
    return this.expect(
      200,
      'GET',
      `/v1/accounts/${accountId}/threads?${new URLSearchParams(query).toString()}`
    )
  }

  search(accountId: string, query: Readonly<Record<string, string>>): Promise<SearchPage> {
    return this.expect(
      200,
      'GET',
      `/v1/accounts/${accountId}/search?${new URLSearchParams(query).toString()}`
    )
  }

  /** The answer to an export, of `threads/{threadId}` or `accounts/{accountId}`, with its body unread. */
  exporting(path: string, signal?: AbortSignal): Promise<Response> {
    return this.fetch(`/v1/${path}`, signal && { signal })
  }

  async exported(path: string): Promise<ReadonlyArray<ExportedLine>> {
    const text = await (await this.exporting(path)).text()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as ExportedLine]))
  }

  /** All threads that are listed, or all that the owner deleted, page by page. */
  async threads(accountId: string, limit = 100, { deleted = false } = {}): Promise<ReadonlyArray<Thread>> {
    const all: Array<Thread> = []
    let cursor: string | null = null
    do {
      const query: string = `limit=${limit}&deleted=${deleted}${cursor === null ? '' : `&cursor=${cursor}`}`
      const page: { threads: ReadonlyArray<Thread>; nextCursor: string | null } = await this.expect(
        200,
        'GET',
        `/v1/accounts/${accountId}/threads?${query}`
      )
      all.push(...page.threads)
      cursor = page.nextCursor
    } while (cursor !== null)
    return all
  }

  messagePage(threadId: string, query: string): Promise<MessagePage> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}/messages?${query}`)
  }

  /** All messages of a thread, newest first, page by page. */
  async messages(threadId: string, limit = 200): Promise<ReadonlyArray<Message>> {
    const all: Array<Message> = []
    let before: string | null = null
    do {
      const page: MessagePage = await this.messagePage(
        threadId,
        `limit=${limit}${before === null ? '' : `&before=${before}`}`
      )
      all.push(...page.messages)
      before = page.olderCursor
    } while (before !== null)
    return all
  }
}
