// The webhooks' side of the chaos: an application whose server fails, hangs, redirects, answers late and dies, and that is to get every
// event of the log all the same, in the order of each conversation: at one address one by one, at another in batches.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ServerProcess } from '../../harness/server-process.ts'
import type { CloudEvent } from '../../src/domain/cloud-event.ts'
import type { Webhook } from '../../src/domain/webhook.ts'
import { DATABASE } from '../../src/services/database/sqlite/folder-inspection.ts'
import { type Random, randomOf } from './random.ts'

export interface WebhookResult {
  /** Events of the log since the webhook was made. */
  readonly events: number
  /** Those that its server never took. */
  readonly lost: number
  /** Those that it first took after a later one of the same conversation. */
  readonly out_of_order: number
  /** Deliveries of events that it had taken already. */
  readonly repeated: number
  /** What its server did instead of taking an event, by what it was. */
  readonly troubles: Readonly<Record<string, number>>
}

/** Longer than any server may take to answer. */
const HANGING_MS = 20_000
const LATE_MS = 1500

type Trouble = (response: ServerResponse) => void

const later = (response: ServerResponse, ms: number, then: () => void): void => {
  const timer = setTimeout(then, ms)
  response.on('close', () => clearTimeout(timer))
}

/** None of them takes the event, but the late one. */
const TROUBLES: ReadonlyArray<readonly [name: string, Trouble]> = [
  ['fails', response => void response.writeHead(500).end('no')],
  ['is too busy', response => void response.writeHead(429, { 'retry-after': '1' }).end()],
  ['redirects', response => void response.writeHead(307, { location: '/elsewhere' }).end()],
  ['dies', response => void response.destroy()],
  ['hangs', response => later(response, HANGING_MS, () => response.destroy())],
  ['answers late', response => later(response, LATE_MS, () => void response.writeHead(200).end())]
]

/** How often there is trouble with an event for the first and the second time it comes, after which it waits for half a minute. */
const TROUBLED = [0.03, 0.02]
/** Those that are over at once. */
const BRIEF = { troubled: TROUBLED.slice(0, 1), troubles: TROUBLES.slice(0, 4) }

/** What came at one address. */
class Address {
  /** The events that were taken, in the order in which they were taken first. */
  readonly taken = new Map<string, CloudEvent>()
  /** How often a request came, by its `webhook-id`. */
  readonly times = new Map<string, number>()
  repeated = 0
  webhookId = ''

  take(event: CloudEvent): void {
    if (this.taken.has(event.id)) this.repeated += 1
    else this.taken.set(event.id, event)
  }

  get count(): number {
    return this.taken.size + this.repeated
  }
}

const BATCH = { maxEvents: 20, maxWaitMs: 200 }
/** The addresses, with what each asks for. */
const ADDRESSES = { '/one-by-one': {}, '/in-batches': { batch: BATCH } }

const isKnown = (path: string): path is keyof typeof ADDRESSES => Object.hasOwn(ADDRESSES, path)

export class WebhookSide implements AsyncDisposable {
  private readonly server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      const path = request.url ?? ''
      if (isKnown(path)) this.take(path, String(request.headers['webhook-id']), body, response)
      else response.writeHead(200).end()
    })
  })
  private readonly random: Random
  private readonly addresses = { '/one-by-one': new Address(), '/in-batches': new Address() }
  private readonly troubles: Record<string, number> = {}
  /** The last event before the webhooks were made. */
  private begins = 0

  private readonly may: typeof BRIEF

  private constructor(seed: number, isBrief: boolean) {
    this.random = randomOf(seed)
    this.may = isBrief ? BRIEF : { troubled: TROUBLED, troubles: [...TROUBLES] }
  }

  static async start(seed: number, isBrief: boolean): Promise<WebhookSide> {
    const side = new WebhookSide(seed, isBrief)
    await new Promise<void>(resolve => side.server.listen(0, '127.0.0.1', resolve))
    return side
  }

  /** For the server: the application's runs on this machine. */
  readonly settings = { WEBHOOK_URL_PRIVATE: 'true' }

  async register({ api }: ServerProcess, dataDir: string): Promise<void> {
    const { port } = this.server.address() as AddressInfo
    this.begins = newestEvent(dataDir)
    for (const path of Object.keys(ADDRESSES).filter(isKnown)) {
      const url = `http://127.0.0.1:${port}${path}`
      const asked = { url, ...ADDRESSES[path] }
      const made = await api.webhooks<{ webhook: Webhook }>(201, 'POST', '', asked)
      this.addresses[path].webhookId = made.webhook.webhookId
    }
  }

  private take(
    path: keyof typeof ADDRESSES,
    webhookId: string,
    body: string,
    response: ServerResponse
  ): void {
    const address = this.addresses[path]
    const parsed = JSON.parse(body) as CloudEvent | ReadonlyArray<CloudEvent>
    const events = Array.isArray(parsed) ? parsed : [parsed]
    const times = (address.times.get(webhookId) ?? 0) + 1
    address.times.set(webhookId, times)
    response.on('finish', () => {
      if (response.statusCode === 200) for (const event of events) address.take(event)
    })
    const trouble =
      this.random() < (this.may.troubled[times - 1] ?? 0)
        ? this.may.troubles[Math.floor(this.random() * this.may.troubles.length)]
        : undefined
    if (trouble === undefined) return void response.writeHead(200).end()
    const [name, make] = trouble
    this.troubles[name] = (this.troubles[name] ?? 0) + 1
    make(response)
  }

  /** Waits until nothing waits any more. */
  async verdict(
    { api }: ServerProcess,
    dataDir: string,
    log: (text: string) => void
  ): Promise<WebhookResult> {
    const addresses = Object.values(this.addresses)
    let newest: number
    do {
      newest = newestEvent(dataDir)
      for (const address of addresses) await this.untilDelivered(api, address, log)
      // What has happened since may wait at the first address for another attempt.
    } while (newestEvent(dataDir) !== newest)
    const logged = eventsAfter(dataDir, this.begins)
    const lost = addresses.flatMap(({ taken }) => logged.filter(({ id }) => !taken.has(id)))
    for (const one of lost.slice(0, 5)) log(`event lost: ${JSON.stringify(one)}`)
    const outOfOrder = addresses.flatMap(({ taken }) => findOutOfOrder([...taken.values()]))
    for (const one of outOfOrder.slice(0, 5)) log(`event out of order: ${JSON.stringify(one)}`)
    return {
      events: logged.length,
      lost: lost.length,
      out_of_order: outOfOrder.length,
      repeated: addresses.reduce((sum, { repeated }) => sum + repeated, 0),
      troubles: this.troubles
    }
  }

  /** As long as anything more is taken: an event that was refused waits for half a minute and longer. */
  private async untilDelivered(
    api: ServerProcess['api'],
    address: Address,
    log: (text: string) => void
  ): Promise<void> {
    const isDone = async (): Promise<boolean> => {
      const { failingLanes, waiting } = await api.webhooks<Webhook>(200, 'GET', `/${address.webhookId}`)
      return failingLanes + waiting === 0
    }
    while (!(await isDone())) {
      const before = address.count
      const grown = async () => address.count > before || (await isDone()) || undefined
      try {
        await api.until('another event to be delivered', grown)
      } catch (cause) {
        log(`${String(cause)}; ${JSON.stringify(await api.webhooks(200, 'GET', `/${address.webhookId}`))}`)
        return
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    return new Promise(resolve => this.server.close(() => resolve()))
  }
}

/** The events that were taken after a newer one of their conversation, with the first of those. */
const findOutOfOrder = (events: ReadonlyArray<CloudEvent>) => {
  // In one that others became a part of, what waited of them comes after what was delivered of it.
  const merged = new Set(events.filter(({ type }) => type === 'thread.merged').map(orderedBy))
  const newest = new Map<string, CloudEvent>()
  return events.flatMap(event => {
    const place = orderedBy(event)
    const last = newest.get(place)
    if (last === undefined || Number(event.id) > Number(last.id)) newest.set(place, event)
    else if (!merged.has(place)) return [{ event: told(event), after: told(last) }]
    return []
  })
}

const told = ({ id, subject, time, type }: CloudEvent) => ({ id, type, subject, time })

/** What keeps an order: a conversation, an entry of the outbox and so on, or the account where an event is about none of them. */
const orderedBy = ({ source, subject }: CloudEvent): string => subject?.split('/')[1] ?? source

const rowsOf = <Row>(
  dataDir: string,
  text: string,
  ...parameters: ReadonlyArray<number>
): ReadonlyArray<Row> => {
  using database = new DatabaseSync(join(dataDir, DATABASE), { readOnly: true })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return database.prepare(text).all(...parameters) as unknown as ReadonlyArray<Row>
}

const newestEvent = (dataDir: string): number =>
  rowsOf<{ newest: number | null }>(dataDir, 'SELECT MAX(event_id) AS newest FROM events')[0]?.newest ?? 0

const eventsAfter = (dataDir: string, after: number) =>
  rowsOf<{ id: string; kind: string; thread: string }>(
    dataDir,
    'SELECT CAST(event_id AS TEXT) AS id, kind, thread_id AS thread FROM events WHERE event_id > ? ORDER BY event_id',
    after
  )

export const isWebhookClean = ({ lost, out_of_order: outOfOrder }: WebhookResult): boolean =>
  lost + outOfOrder === 0
