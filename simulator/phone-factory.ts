// Makes phones with contacts, groups and a history, all from the seed.
import type { Account, DirectAddressing } from './state/account.ts'
import type { Group } from './state/group.ts'
import { makeGroup } from './protocol/groups/changes.ts'
import { ALWAYS } from './state/history/chat.ts'
import { defaultKinds, KindPicker, type KindWeights } from './state/history/content.ts'
import type { SyncPlan } from './state/history/plan.ts'
import { groupName, personName } from './state/history/text.ts'
import { Mailbox } from './state/history/mailbox.ts'
import { MediaPool } from './state/media/pool.ts'
import type { Network } from './state/network.ts'
import { Phone } from './phone.ts'
import { Random } from './state/random.ts'

export interface HistoryOptions {
  readonly chats: number
  readonly messages: number
  readonly spanDays?: number | undefined
  /** Share of the chats that are groups. */
  readonly groupsShare?: number | undefined
  /** How often each kind of message comes, as weights: text, image, video, audio, document, sticker, location … */
  readonly kinds?: KindWeights | undefined
  /** Share of messages that carry a file, when `kinds` is left out. */
  readonly mediaShare?: number | undefined
  /** Share of the contacts whose chats are addressed by LID. */
  readonly lidShare?: number | undefined
  /** Unix seconds the history ends at; fixed, so that a seed always gives the same history. */
  readonly until?: number | undefined
  /** How many chats end with a message stamped twenty years ahead, as some phones send them. */
  readonly futureChats?: number | undefined
  readonly chunkMessages?: number | undefined
  readonly inlineBelowBytes?: number | undefined
  readonly bootstrapPerChat?: number | undefined
  readonly recentShare?: number | undefined
  /** How many of a chat's newest messages are pushed; the rest is given on demand only. All of them when left out. */
  readonly pushPerChat?: number | undefined
}

export interface PhoneOptions {
  readonly phoneNumber?: string | undefined
  readonly name?: string | undefined
  readonly history?: HistoryOptions | undefined
  /** `either` when left out. */
  readonly directAddressing?: DirectAddressing | undefined
  /** Whether messages to people need a token; false when left out. */
  readonly requiresTokens?: boolean | undefined
}

const DEFAULT_UNTIL = 1_767_225_600
const DAY = 86_400

/** Throws when a field has no sense: message ids have room for so many chats and messages, shares are at most 1. */
function assertHistory(history: unknown): asserts history is HistoryOptions {
  if (typeof history !== 'object' || history === null) throw new Error('history must be an object')
  const { chats, messages, kinds, ...numbers }: Record<string, unknown> = { ...history }
  const hasChats = checkCount('chats', chats, 0xffff) > 0
  if (checkCount('messages', messages, 0xffffff) > 0 && !hasChats) {
    throw new Error('history.messages need at least one chat')
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined) checkNumber(`history.${name}`, value, name.endsWith('Share') ? 1 : Infinity)
  }
  for (const [name, value] of Object.entries(kinds ?? {})) {
    if (value !== undefined) checkNumber(`history.kinds.${name}`, value, Infinity)
  }
}

const checkCount = (name: string, value: unknown, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new Error(`history.${name} must be a whole number up to ${most}`)
}

const checkNumber = (name: string, value: unknown, most: number): void => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new Error(`${name} must be a number`)
  }
  if (value > most) throw new Error(`${name} must be between 0 and ${most}`)
}

/** History options of unknown origin. */
export const historyFrom = (value: unknown): HistoryOptions => {
  assertHistory(value)
  return value
}

export const createPhone = (network: Network, options: PhoneOptions, number: number): Phone => {
  const { history } = options
  if (history) assertHistory(history)
  const seed = `${network.seed}/phone/${number}`
  const random = new Random(seed, 'people')
  const account = network.directory.create({
    ...(options.phoneNumber === undefined ? {} : { phoneNumber: options.phoneNumber }),
    name: options.name ?? personName(random),
    named: options.name !== undefined
  })
  account.readsAutomatically = false
  account.requiresTokens = options.requiresTokens ?? false
  account.directAddressing = options.directAddressing ?? account.directAddressing
  const until = history?.until ?? DEFAULT_UNTIL
  const from = until - (history?.spanDays ?? 365) * DAY
  const mailbox = new Mailbox(
    account,
    {
      seed,
      from,
      until,
      futureChats: history?.futureChats ?? 0,
      kinds: new KindPicker(history?.kinds ?? defaultKinds(history?.mediaShare)),
      mediaUrl: `https://${network.mediaHost}`
    },
    new MediaPool(seed, network.media)
  )
  const contacts: Account[] = []
  const groups: Group[] = []
  if (history) fillHistory(network, { account, mailbox, random, history, from, contacts, groups })
  network.mailboxes.set(account, mailbox)
  network.syncPlans.set(account, syncPlanFrom(history))
  return new Phone(network, account, mailbox, contacts, groups)
}

const syncPlanFrom = (history: HistoryOptions | undefined): SyncPlan => ({
  bootstrapPerChat: history?.bootstrapPerChat ?? 10,
  recentShare: history?.recentShare ?? 0.4,
  chunkMessages: Math.max(1, history?.chunkMessages ?? 3000),
  inlineBelowBytes: history?.inlineBelowBytes ?? 64 * 1024,
  pushPerChat: history?.pushPerChat ?? Number.MAX_SAFE_INTEGER
})

const fillHistory = (
  network: Network,
  parts: {
    account: Account
    mailbox: Mailbox
    random: Random
    history: HistoryOptions
    from: number
    contacts: Account[]
    groups: Group[]
  }
): void => {
  const { account, mailbox, random, history, from, contacts, groups } = parts
  const groupCount = Math.round(history.chats * (history.groupsShare ?? 0.2))
  const contactCount = Math.max(history.chats - groupCount, groupCount > 0 ? 3 : 0)
  for (let i = 0; i < contactCount; i++) {
    const contact = network.directory.create({ name: personName(random) })
    if (random.chance(history.lidShare ?? 0.25)) contact.addressing = 'lid'
    contacts.push(contact)
  }
  for (let i = 0; i < groupCount; i++) {
    const members = contacts.filter(() => random.chance(Math.min(1, 6 / contacts.length)))
    const [first] = contacts
    if (members.length === 0 && first) members.push(first)
    const creator = random.chance(0.5) ? account : (members[0] ?? account)
    groups.push(
      makeGroup(network, creator, groupName(random), [account, ...members], {
        addressing: random.chance(0.7) ? 'lid' : 'pn',
        createdAt: from
      })
    )
  }
  const partners = spread(groups, contacts.slice(0, history.chats - groupCount))
  const weights = partners.map((_, place) => 1 / (1 + place * 0.5 + random.next()))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = history.messages
  partners.forEach((partner, place) => {
    const last = place === partners.length - 1
    const share = Math.max(1, Math.floor((history.messages * (weights[place] ?? 0)) / total))
    const count = last ? left : Math.min(left, share)
    left -= count
    mailbox.addChat(partner, count, {
      unread: random.chance(0.2) ? random.between(1, 20) : 0,
      archived: random.chance(0.1),
      pinned: place < 3 && random.chance(0.5),
      mutedUntil: random.chance(0.1) ? ALWAYS : null
    })
  })
}

/** Groups among the people, evenly: there are busy and quiet ones of both. */
const spread = (groups: readonly Group[], people: readonly Account[]): (Account | Group)[] => {
  const placed = (all: readonly (Account | Group)[]) =>
    all.map((partner, index) => ({ partner, at: (index + 1) / (all.length + 1) }))
  return [...placed(people), ...placed(groups)].toSorted((a, b) => a.at - b.at).map(({ partner }) => partner)
}
