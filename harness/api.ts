// The product's HTTP API as a client uses it.
import type { BackfillJob, BackfillTask } from '../src/domain/backfill.ts'
import type { ThreadCoverage } from '../src/domain/coverage.ts'
import type { FeedEvent } from '../src/domain/feed.ts'
import type { Incident } from '../src/domain/incident.ts'
import type { Message, Receipt } from '../src/domain/message.ts'
import type { OutboxEntry } from '../src/domain/outbox.ts'
import type { StoreState } from '../src/domain/publishing.ts'
import type { Thread } from '../src/domain/thread.ts'
import type {
  AccountResource,
  ProgressEvent,
  LiveEvent,
  Answer,
  MediaAnswer,
  MediaCounts,
  Queued,
  MessagePage,
  ThreadPage,
  SearchPage,
  ExportedLine
} from './resources.ts'

const DEADLINE_MS = 40_000
const ASK_AGAIN_MS = 25

export class Api {
  readonly url: string
  private readonly key: string

  constructor(url: string, key: string) {
    this.url = url
    this.key = key
  }

  /** Any request, with its status; a body that is not JSON is text. */
  async request<A = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ): Promise<Answer<A>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { status: response.status, body: (isJson ? JSON.parse(text) : text) as A }
  }

  private async expect<A>(status: number, method: string, path: string, body?: unknown): Promise<A> {
    const answer = await this.request<A>(method, path, body)
    if (answer.status !== status) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    return answer.body
  }

  createAccount(name: string): Promise<AccountResource> {
    return this.expect(201, 'POST', '/v1/accounts', { name })
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
    const response = await fetch(`${this.url}/v1/accounts/${accountId}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}` },
      body: form
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { status: response.status, body: (await response.json()) as Queued }
  }

  entry(accountId: string, entryId: string): Promise<OutboxEntry> {
    return this.expect(200, 'GET', `/v1/accounts/${accountId}/outbox/${entryId}`)
  }

  /** The entry once it has this status. */
  untilEntry(accountId: string, entryId: string, status: OutboxEntry['status']): Promise<OutboxEntry> {
    let last: OutboxEntry | undefined
    return this.until(
      () => `the entry to be ${status}; it is ${JSON.stringify(last)}`,
      async () => {
        last = await this.entry(accountId, entryId)
        return last.status === status ? last : undefined
      }
    )
  }

  thread(threadId: string): Promise<Thread> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}`)
  }

  message(threadId: string, messageId: string): Promise<Message & { receipts: ReadonlyArray<Receipt> }> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}/messages/${messageId}`)
  }

  /** The message once it is as wanted; it may not be there yet. */
  untilMessage(
    threadId: string,
    messageId: string,
    wanted: (message: Message & { receipts: ReadonlyArray<Receipt> }) => boolean
  ): Promise<Message & { receipts: ReadonlyArray<Receipt> }> {
    let last: unknown
    return this.until(
      () => `the message ${messageId} to be as wanted; it is ${JSON.stringify(last)}`,
      async () => {
        const path = `/v1/threads/${encodeURIComponent(threadId)}/messages/${messageId}`
        const answer = await this.request<Message & { receipts: ReadonlyArray<Receipt> }>('GET', path)
        last = answer.body
        return answer.status === 200 && wanted(answer.body) ? answer.body : undefined
      }
    )
  }

  coverage(threadId: string): Promise<ThreadCoverage> {
    return this.expect(200, 'GET', `/v1/threads/${encodeURIComponent(threadId)}/coverage`)
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
    let last: unknown
    return this.until(
      () => `the backfill job to be as wanted; it is ${JSON.stringify(last)}`,
      async () => {
        const job = await this.job(accountId, jobId)
        last = job
        return wanted(job) ? job : undefined
      }
    )
  }

  /** The file of a message, or the refusal as JSON in `problem`. */
  async media(
    messageKey: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET'
  ): Promise<MediaAnswer> {
    const response = await fetch(`${this.url}/v1/messages/${encodeURIComponent(messageKey)}/media`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...headers }
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isProblem = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      problem: isProblem ? (JSON.parse(bytes.toString()) as MediaAnswer['problem']) : undefined
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

  /** Server-sent events until the returned function is called; `seen` and `progress` fill as they come. */
  async subscribe(query = ''): Promise<{
    readonly seen: Array<FeedEvent>
    readonly progress: Array<ProgressEvent>
    readonly live: Array<LiveEvent>
    readonly stop: () => void
  }> {
    const abort = new AbortController()
    const response = await fetch(`${this.url}/v1/events${query}`, {
      headers: { authorization: `Bearer ${this.key}` },
      signal: abort.signal
    })
    const seen: Array<FeedEvent> = []
    const progress: Array<ProgressEvent> = []
    const live: Array<LiveEvent> = []
    const read = async (): Promise<void> => {
      let rest = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (!line.startsWith('data: ')) continue
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion
          const event = JSON.parse(line.slice(6)) as FeedEvent | ProgressEvent | LiveEvent
          if (event.kind === 'account.progress') progress.push(event)
          else if (event.kind === 'account.state' || event.kind === 'incident') live.push(event)
          else seen.push(event)
        }
      }
    }
    read().catch(() => undefined)
    return { seen, progress, live, stop: () => abort.abort() }
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

  /** Asks until the account is as wanted. */
  untilAccount(
    accountId: string,
    what: string,
    wanted: (account: AccountResource) => boolean
  ): Promise<AccountResource> {
    let last: AccountResource | undefined
    return this.until(
      () => `${what}; the account is ${JSON.stringify(last)}`,
      async () => {
        last = await this.account(accountId)
        return wanted(last) ? last : undefined
      }
    )
  }

  /** Asks until the answer is there, or fails with what was waited for. */
  async until<A>(
    what: string | (() => string),
    ask: () => Promise<A | undefined>,
    everyMs = ASK_AGAIN_MS
  ): Promise<A> {
    const deadline = Date.now() + DEADLINE_MS
    while (Date.now() < deadline) {
      const answer = await ask()
      if (answer !== undefined) return answer
      await new Promise(resolve => setTimeout(resolve, everyMs))
    }
    throw new Error(`Waited in vain for ${typeof what === 'string' ? what : what()}`)
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
    return fetch(`${this.url}/v1/${path}`, {
      headers: { authorization: `Bearer ${this.key}` },
      ...(signal && { signal })
    })
  }

  async exported(path: string): Promise<ReadonlyArray<ExportedLine>> {
    const text = await (await this.exporting(path)).text()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as ExportedLine]))
  }

  /** All threads, page by page. */
  async threads(accountId: string, limit = 100): Promise<ReadonlyArray<Thread>> {
    const all: Array<Thread> = []
    let cursor: string | null = null
    do {
      const query: string = `limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`
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
