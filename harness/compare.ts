// Compares what a simulated phone holds with what an application reads of it, message by message.
import type { Message } from '../src/domain/message.ts'
import type { HeldMessage } from '../simulator/state/ledger.ts'
import { STATUS_JID } from '../simulator/wire/jid.ts'
import type { Thread } from '../src/domain/thread.ts'

export interface Comparison {
  readonly threads: number
  /** Messages the phone holds. */
  readonly messages: number
  /** Held by the phone, not returned. */
  readonly missing: ReadonlyArray<HeldMessage>
  /** Returned more than once, or in two threads. */
  readonly duplicates: ReadonlyArray<string>
  /** Returned, but with other content, writer or time; each with what differs. */
  readonly different: ReadonlyArray<string>
  /** Returned, and not held by the phone: what became a message and is none. Events of chats and calls are not listed. */
  readonly unexpected: ReadonlyArray<string>
  /** Everything that was returned. */
  readonly returned: ReadonlyArray<Message>
}

const identity = (chat: string, fromMe: boolean, participant: string | undefined, id: string): string =>
  [chat, fromMe ? 'me' : (participant ?? 'them'), id].join(' ')

/** Every way in which a reader may name the chat and writer of a held message: by phone number or by LID. */
const identitiesOf = (held: HeldMessage): ReadonlyArray<string> => {
  const chats = [held.chatJid, held.chatLid, ...(held.partnersJids ?? [])].filter(chat => chat !== undefined)
  const writers = held.fromMe
    ? [undefined]
    : held.participant === undefined
      ? [undefined]
      : [held.participant, held.participantLid]
  return chats.flatMap(chat => writers.map(writer => identity(chat, held.fromMe, writer, held.id)))
}

const differenceOf = (held: HeldMessage, message: Message): string | undefined => {
  if (held.revoked === true) return message.type === 'revoked' ? undefined : 'should be revoked'
  const text = held.text ?? ''
  const said = [message.body ?? '', message.media?.fileName ?? '']
  if (
    text !== '' &&
    !said.some(part => part === text || part.startsWith(`${text}\n`) || part.startsWith(`${text} (`))
  ) {
    return `has another text (${held.kind})`
  }
  if (message.tsClaimed === null && message.tsClient !== held.timestamp * 1000) return 'has another time'
  const reactions = held.reactions?.filter(reaction => reaction.text !== '').length ?? 0
  if (message.reactions.length !== reactions)
    return `has ${message.reactions.length} reactions instead of ${reactions}`
  if ((held.quotedId ?? null) !== message.quotedWhatsAppId) return 'quotes something else'
  const files = [message.media, ...(message.media?.variants ?? [])].map(file => file?.whatsAppId)
  if (held.files?.some(id => !files.includes(id)) === true) return 'lacks one of its files'
  if (held.shownFile !== undefined && message.media?.whatsAppId !== held.shownFile)
    return 'shows another file'
  if (votesDiffer(held, message)) return 'has other votes'
  return kindDiffers(held, message) ?? marksDiffer(held, message) ?? contextDiffers(held, message)
}

/** A kind that is newer than the generated classes is named after its field, and answers to an event are all there. */
const kindDiffers = (held: HeldMessage, message: Message): string | undefined => {
  if (/^field\d/.test(held.kind) && message.type !== `unsupported:${held.kind}`) return 'is of another kind'
  const answered = held.responses?.map(({ response }) => response).toSorted() ?? []
  const stored = message.eventResponses.map(({ response }) => response).toSorted()
  return answered.join() === stored.join()
    ? undefined
    : `has the answers ${stored.join()} instead of ${answered.join()}`
}

const marksDiffer = (held: HeldMessage, message: Message): string | undefined => {
  if (message.starred !== (held.starred ?? false)) return message.starred ? 'is starred' : 'lacks its star'
  if ((message.deletedForMeAt !== null) !== (held.deletedForMe ?? false))
    return message.deletedForMeAt === null ? 'is not removed' : 'is removed'
  const labels = held.labels ?? []
  const isSame = labels.toSorted().join() === message.labels.toSorted().join()
  return isSame ? undefined : 'has other labels'
}

/** The list, the album and the other chat that a message is from. */
const contextDiffers = (held: HeldMessage, message: Message): string | undefined => {
  if (held.list !== undefined && !message.broadcast) return 'does not say that it was sent to a list'
  if (held.albumId !== undefined && message.association?.whatsAppId !== held.albumId)
    return 'is not in its album'
  if (held.albumId !== undefined && message.albumMessageId === null) return 'lacks its album'
  if (held.quotedIn === undefined) return undefined
  if (held.quotedIn === STATUS_JID)
    return message.quoted?.isStatus === true ? undefined : 'does not say that it answers a status'
  const { threadId = null } = message.quoted ?? {}
  return threadId === null || threadId === message.threadId ? 'does not quote another thread' : undefined
}

/** Whether each option of a poll has as many voters as on the phone. */
const votesDiffer = ({ votes = [] }: HeldMessage, { poll }: Message): boolean =>
  poll?.options.some(
    ({ name, voters }) => voters.length !== votes.filter(({ options }) => options.includes(name)).length
  ) ?? votes.length > 0

/** Threads with messages of two people, and people with messages in two threads. */
const confusedPeople = (
  pairs: ReadonlyArray<readonly [held: HeldMessage, message: Message]>
): ReadonlyArray<string> => {
  const people = new Map<string, Set<string>>()
  const threads = new Map<string, Set<string>>()
  for (const [{ chatLid }, { threadId }] of pairs) {
    if (chatLid === undefined) continue
    people.set(threadId, (people.get(threadId) ?? new Set()).add(chatLid))
    threads.set(chatLid, (threads.get(chatLid) ?? new Set()).add(threadId))
  }
  const several = (found: ReadonlyMap<string, ReadonlySet<string>>) =>
    [...found].filter(([, { size }]) => size > 1).map(([name]) => name)
  return [
    ...several(people).map(thread => `${thread} has messages of several people`),
    ...several(threads).map(person => `${person} has several threads`)
  ]
}

/** What the phone's truth lists elsewhere than among its messages. */
const BESIDE_MESSAGES: ReadonlySet<string> = new Set(['system', 'call'])

/** Whatever answers an account's threads and their messages: the HTTP API, or Firestore. */
export interface Reader {
  readonly threads: (accountId: string) => Promise<ReadonlyArray<Thread>>
  readonly messages: (threadId: string) => Promise<ReadonlyArray<Message>>
}

/** Reads everything and compares it with the truth. */
export const compare = async (
  reader: Reader,
  accountId: string,
  held: ReadonlyArray<HeldMessage>
): Promise<Comparison> => {
  const returned = new Map<string, Array<Message>>()
  const threads = await reader.threads(accountId)
  for (const thread of threads) {
    for (const message of await reader.messages(thread.threadId)) {
      const writer = thread.kind === 'group' ? (message.sender ?? undefined) : undefined
      const key = identity(thread.clientJid, message.direction === 'outbound', writer, message.whatsAppId)
      returned.set(key, [...(returned.get(key) ?? []), message])
    }
  }
  const expected = new Set<string>()
  const missing: Array<HeldMessage> = []
  const duplicates: Array<string> = []
  const different: Array<string> = []
  const pairs: Array<readonly [HeldMessage, Message]> = []
  for (const message of held) {
    const identities = [...new Set(identitiesOf(message))]
    for (const key of identities) expected.add(key)
    const found = identities.flatMap(key => returned.get(key) ?? [])
    const [first] = found
    if (first === undefined) missing.push(message)
    else {
      pairs.push(...found.map(one => [message, one] as const))
      if (found.length > 1) duplicates.push(message.id)
      const difference = differenceOf(message, first)
      if (difference !== undefined) different.push(`${message.id} ${difference}`)
    }
  }
  const unexpected = [...returned]
    .filter(([key]) => !expected.has(key))
    .flatMap(([, messages]) => messages)
    .filter(({ type }) => !BESIDE_MESSAGES.has(type))
    .map(
      ({ threadId, tsClient, type, whatsAppId }) => `${whatsAppId} (${type}) of ${tsClient} in ${threadId}`
    )
  different.push(...confusedPeople(pairs))
  return {
    threads: threads.length,
    messages: held.length,
    missing,
    duplicates,
    different,
    unexpected,
    returned: [...returned.values()].flat()
  }
}
