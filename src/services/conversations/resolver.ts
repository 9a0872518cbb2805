// Who and what facts are about, as the database names it: addresses become threads, messages and senders.
import { Effect } from 'effect'
import { boundedChange, datedChange } from '../../domain/bounded-change.ts'
import type { Address, ChangeFact, MessageFact, Party } from '../../domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../domain/ids.ts'
import { isGroupJid, threadKindOf } from '../../domain/jid.ts'
import { bodyNaming, peopleIn } from '../../domain/mention.ts'
import type { SealedAddOn } from '../../domain/sealed-add-on.ts'
import type { ChangeWrite, MessageWrite, SealedWrite, ThreadWrite } from './writes.ts'
import type { Identity } from './identity.ts'
import { messageWrite, senderKey } from './message-write.ts'

/** From addresses to thread, message and sender identities. */
export const makeResolver = (identity: Identity['Service']) => {
  const thread = Effect.fnUntraced(function* (accountId: string, chat: Address) {
    return threadOf(accountId, yield* identity.resolve(accountId, chat))
  })

  const party = (accountId: string, who: Party) =>
    who === 'me' ? Effect.succeed(null) : identity.resolve(accountId, who)

  const message = Effect.fnUntraced(function* (
    accountId: string,
    threadId: string,
    fact: MessageFact,
    now: number
  ) {
    const named: Array<Address> = []
    messageWrite(threadId, fact, now, address => {
      named.push(address)
      return address.jid
    })
    const persons = yield* identity.resolveAll(accountId, named)
    const people = new Map(named.map((address, n) => [formsOf(address), persons[n] ?? address.jid]))
    return messageWrite(threadId, fact, now, address => people.get(formsOf(address)) ?? address.jid)
  })

  /** The people whom an edited body mentions, in body and list by the same address. */
  const withPeople = Effect.fnUntraced(function* (accountId: string, changed: ChangeFact['change']) {
    if (changed.to !== 'edited') return changed
    const { mentions, ...edit } = changed
    if (mentions === undefined) return edit
    const people = yield* identity.resolveAll(accountId, mentions)
    const named = mentions.map(({ jid }, n) => ({ written: jid, person: people[n] ?? jid }))
    return { ...edit, body: bodyNaming(edit.body, named), mentions: peopleIn(named) }
  })

  const change = Effect.fnUntraced(function* (accountId: string, fact: ChangeFact, now: number) {
    const { threadId } = yield* thread(accountId, fact.chat)
    const sender = yield* party(accountId, fact.target.sender)
    const by = yield* party(accountId, fact.by)
    // A message is edited only by its writer, and revoked by its writer or by an admin of its group (the database knows the
    // admins). Anyone may react, vote and call back.
    const isForeign = by !== sender
    if (isForeign && isAuthorsOnly(fact.change)) return []
    if (isForeign && fact.change.to === 'revoked' && !isGroupJid(fact.chat.jid)) return []
    const bounded = boundedChange(datedChange(fact.change, now))
    const write: ChangeWrite = {
      threadId,
      messageId: messageIdOf(senderKey(fact.chat, sender), fact.target.whatsAppId),
      change: byWhom(yield* withPeople(accountId, bounded), by ?? 'me', isForeign),
      ...(by === null || fact.change.to === 'attached' ? {} : { by })
    }
    return [write]
  })

  const sealed = Effect.fnUntraced(function* (accountId: string, addOn: SealedAddOn) {
    const { threadId } = yield* thread(accountId, addOn.chat)
    const sender = yield* party(accountId, addOn.target.sender)
    const messageId = messageIdOf(senderKey(addOn.chat, sender), addOn.target.whatsAppId)
    const write: SealedWrite = { threadId, messageId, addOn, by: yield* party(accountId, addOn.by) }
    return write
  })

  const messageId = (accountId: string, fact: MessageFact) =>
    Effect.map(party(accountId, fact.sender), sender =>
      messageIdOf(senderKey(fact.chat, sender), fact.whatsAppId)
    )

  /**
   * The same as `thread` and `message` for persons in memory, and `undefined` for those that have to be resolved. Almost
   * everybody in a history is: without an effect a message, a long one is stored several times as fast.
   */
  const remembered = (accountId: string) => {
    const threads = new Map<string, ThreadOf>()
    let isMissing = false
    const resolve = (address: Address): string => {
      const person = identity.known(accountId, address)
      if (person === undefined) isMissing = true
      return person ?? address.jid
    }
    return {
      thread: (chat: Address): ThreadOf | undefined => {
        const person = identity.known(accountId, chat)
        if (person === undefined) return undefined
        const known = threads.get(person)
        if (known !== undefined) return known
        const made = threadOf(accountId, person)
        threads.set(person, made)
        return made
      },
      message: (threadId: string, fact: MessageFact, now: number): MessageWrite | undefined => {
        isMissing = false
        const write = messageWrite(threadId, fact, now, resolve)
        return isMissing ? undefined : write
      }
    }
  }

  return { thread, message, messageId, remembered, change, sealed }
}

type ThreadOf = Pick<ThreadWrite, 'threadId' | 'clientJid' | 'kind'>

const threadOf = (accountId: string, clientJid: string): ThreadOf => ({
  threadId: threadIdOf(accountId, clientJid),
  clientJid,
  kind: threadKindOf(clientJid)
})

const formsOf = ({ alt = '', jid }: Address): string => `${jid} ${alt}`

/** Whether only the writer of a message may change it so. */
const isAuthorsOnly = (change: ChangeFact['change']): boolean =>
  change.to === 'edited' ||
  change.to === 'continued' ||
  (change.to === 'pollChanged' && change.change.added === undefined)

/** A change whose mentions are people already. */
type ResolvedChange =
  | Exclude<ChangeFact['change'], { to: 'edited' }>
  | Extract<ChangeWrite['change'], { to: 'edited' }>

const byWhom = (change: ResolvedChange, person: string, isForeign: boolean): ChangeWrite['change'] => {
  if (change.to === 'reacted' || change.to === 'answered') return { ...change, sender: person }
  // What the owner deletes on the phone, WhatsApp has allowed.
  if (change.to === 'revoked' && isForeign && person !== 'me') return { ...change, by: person }
  if (change.to === 'attached') return { ...change, sender: person === 'me' ? null : person }
  return change.to === 'voted' ? { ...change, voter: person } : change
}
