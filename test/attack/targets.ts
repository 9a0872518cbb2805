// What requests of an attack name: things that exist, of accounts that may be harmed; of the others only to those who may not reach them.
import type { Api } from '../../harness/api.ts'
import type { Phone } from '../../simulator/phone.ts'
import { pick } from '../chaos/random.ts'
import type { Target, Words } from './target.ts'

interface LinkedAccount {
  readonly accountId: string
  readonly phone: Phone
}

type Lists = Readonly<Record<string, ReadonlyArray<string>>>

/** Accounts without a phone, which may be deleted and logged out. */
const DISPOSABLE = 3
/** Accounts that requests have made are removed when there are more. */
const MOST_ACCOUNTS = 12

export class Targets {
  private readonly api: Api
  private readonly victims: ReadonlyArray<LinkedAccount>
  private readonly keptIds: ReadonlySet<string>
  private readonly lists: Lists
  /** The same of accounts that nobody but an admin may reach. */
  private readonly others: Lists
  private disposable: ReadonlyArray<string> = []

  private constructor(
    api: Api,
    victims: ReadonlyArray<LinkedAccount>,
    keptIds: ReadonlySet<string>,
    lists: Lists,
    others: Lists
  ) {
    this.api = api
    this.victims = victims
    this.keptIds = keptIds
    this.lists = lists
    this.others = others
  }

  static async find(
    api: Api,
    victims: ReadonlyArray<LinkedAccount>,
    honest: ReadonlyArray<LinkedAccount>,
    text: string
  ): Promise<Targets> {
    const kept = new Set([...victims, ...honest].map(({ accountId }) => accountId))
    const targets = new Targets(
      api,
      victims,
      kept,
      await listsOf(api, victims, text),
      await listsOf(api, honest, text)
    )
    await targets.restore()
    return targets
  }

  /** Victims connect again, and there are enough accounts to delete, and not too many. */
  async restore(): Promise<void> {
    for (const { accountId } of this.victims) {
      const { state } = await this.api.account(accountId)
      if (state === 'stopped') await this.api.request('POST', `/v1/accounts/${accountId}/connect`)
    }
    const spare = await this.spare()
    for (const accountId of spare.slice(MOST_ACCOUNTS))
      await this.api.request('DELETE', `/v1/accounts/${accountId}`)
    const made = spare.slice(0, MOST_ACCOUNTS)
    while (made.length < DISPOSABLE) made.push((await this.api.createAccount('Disposable')).accountId)
    this.disposable = made
  }

  /** Removes every account that was made in the attack. */
  async removeAll(): Promise<void> {
    for (const accountId of await this.spare()) await this.api.request('DELETE', `/v1/accounts/${accountId}`)
  }

  readonly wordsFor: Target['wordsFor'] = ({ credential, method, path }): Words => {
    const isFinal = /\/(logout|pair)$/.test(path) || (method === 'DELETE' && path.endsWith('{accountId}'))
    return (name, random) => {
      if (name === 'accountId') {
        if (credential !== 'admin' && random() < 0.3) return pick(random, this.others['accountId'] ?? [])
        return pick(
          random,
          isFinal ? this.disposable : [...(this.lists['accountId'] ?? []), ...this.disposable]
        )
      }
      const list = (credential !== 'admin' && random() < 0.3 ? this.others : this.lists)[name]
      return list === undefined || list.length === 0 ? undefined : pick(random, list)
    }
  }

  private async spare(): Promise<Array<string>> {
    const { body } = await this.api.request<{ accounts: ReadonlyArray<{ accountId: string }> }>(
      'GET',
      '/v1/accounts'
    )
    return body.accounts.map(({ accountId }) => accountId).filter(accountId => !this.keptIds.has(accountId))
  }
}

/** What exists of some accounts, by the names of the parameters and fields that name it. */
const listsOf = async (api: Api, accounts: ReadonlyArray<LinkedAccount>, text: string): Promise<Lists> => {
  const threads = (await Promise.all(accounts.map(({ accountId }) => api.threads(accountId)))).flat()
  const messages = (await Promise.all(threads.map(({ threadId }) => api.messages(threadId, 20)))).flat()
  const contacts = accounts.flatMap(({ phone }) => phone.contacts)
  const sent = await Promise.all(
    accounts.map(({ accountId, phone }) => api.send(accountId, phone.contacts[0]?.jid ?? '', text))
  )
  const tickets = await Promise.all(
    accounts.map(({ accountId }) =>
      api.request<{ url?: string }>('POST', `/v1/accounts/${accountId}/link-tickets`)
    )
  )
  return {
    accountId: accounts.map(({ accountId }) => accountId),
    threadId: threads.map(({ threadId }) => threadId),
    messageId: messages.map(({ messageId }) => messageId),
    messageKey: messages.map(({ messageId, threadId }) => `${threadId}~${messageId}`),
    replyTo: messages.map(({ messageId }) => messageId),
    entryId: sent.map(({ entryId }) => entryId),
    ticket: tickets.flatMap(({ body }) => body.url?.split('/').at(-1) ?? []),
    to: contacts.flatMap(({ jid, lid, phoneNumber }) => [jid, lid, phoneNumber]),
    phoneNumber: contacts.map(({ phoneNumber }) => phoneNumber),
    sender: contacts.map(({ jid }) => jid),
    text: [text],
    name: ['Disposable'],
    caption: [text],
    q: [text, 'inbound', '"a b"', 'a*'],
    limit: ['1', '50', '200'],
    count: ['1', '50'],
    since: ['0', '1700000000000'],
    until: ['1900000000000'],
    type: ['text', 'image'],
    order: ['newest', 'oldest'],
    variant: ['original', 'thumbnail'],
    idempotencyKey: ['key-1', 'key-2'],
    url: ['http://127.0.0.1:1/none.png'],
    proxy: ['http://127.0.0.1:1'],
    latitude: ['1'],
    after: ['0'],
    method: ['qr', 'code']
  }
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const VALID_SECONDS = 86_400

/** An ID token as Firebase's Auth emulator issues them: it has no signature. */
export const tokenFor = (project: string, backscroll: object): string => {
  const now = Math.floor(Date.now() / 1000)
  const head = base64({ alg: 'none', typ: 'JWT' })
  const body = base64({
    iss: `https://securetoken.google.com/${project}`,
    aud: project,
    sub: 'attacker',
    iat: now,
    auth_time: now,
    exp: now + VALID_SECONDS,
    backscroll
  })
  return `${head}.${body}.`
}
