// The product's HTTP API as a client uses it.
import type { Message } from '../src/domain/message.ts'
import type { Thread } from '../src/domain/thread.ts'

export interface AccountResource {
  readonly accountId: string
  readonly name: string
  readonly state: string
  readonly tags: ReadonlyArray<string>
  readonly jid: string | null
  readonly lid: string | null
  readonly lastDisconnect: { readonly code: number; readonly reason: string; readonly at: number } | null
  readonly reconnectAttempts: number
  readonly sync: {
    readonly chunksDone: number
    readonly chunksPending: number
    readonly chunksFailed: number
    readonly messages: number
    readonly percent: number | null
  }
  readonly counts: { readonly threads: number; readonly messages: number }
}

export interface Answer<A = unknown> {
  readonly status: number
  readonly body: A
}

interface MessagePage {
  readonly messages: ReadonlyArray<Message>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
}

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

  command(accountId: string, command: 'connect' | 'disconnect' | 'logout'): Promise<AccountResource> {
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/${command}`)
  }

  pair(accountId: string, phoneNumber?: string): Promise<AccountResource> {
    const body = phoneNumber === undefined ? { method: 'qr' } : { method: 'code', phoneNumber }
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/pair`, body)
  }

  send(
    accountId: string,
    to: string,
    text: string,
    idempotencyKey?: string
  ): Promise<{ messageId: string; threadId: string; status: string }> {
    const body = { to, text, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }
    return this.expect(202, 'POST', `/v1/accounts/${accountId}/messages`, body)
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
  async until<A>(what: string | (() => string), ask: () => Promise<A | undefined>): Promise<A> {
    const deadline = Date.now() + DEADLINE_MS
    while (Date.now() < deadline) {
      const answer = await ask()
      if (answer !== undefined) return answer
      await new Promise(resolve => setTimeout(resolve, ASK_AGAIN_MS))
    }
    throw new Error(`Waited in vain for ${typeof what === 'string' ? what : what()}`)
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
