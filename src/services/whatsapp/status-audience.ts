// Whom a status is sent to: of the people in the address book those whom the owner shows statuses. WhatsApp keeps that choice.
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  type WASocket
} from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { chatJid, isLidJid, isPhoneJid, PHONE_SERVER } from '../../domain/jid.ts'
import type { OpenConnections } from './open-connections.ts'
import { addressesIn } from './socket/auth-state.ts'
import { waitingForAnswers } from './socket/lid-questions.ts'

/** A person by all addresses that are known. */
export type Person = ReadonlyArray<string>

export interface StatusChoice {
  /** `contacts`, `blacklist` (all but these) or `whitelist` (these only). */
  readonly type: string
  readonly people: ReadonlyArray<string>
}

/** The list that counts: the one that is marked, or the first. */
const choiceIn = (answer: BinaryNode): StatusChoice => {
  const lists = getBinaryNodeChildren(getBinaryNodeChild(answer, 'privacy'), 'list')
  const list = lists.find(({ attrs }) => attrs['default'] === 'true') ?? lists[0]
  const users = list === undefined ? [] : getBinaryNodeChildren(list, 'user')
  return {
    type: list?.attrs['type'] ?? 'contacts',
    people: users.flatMap(({ attrs }) => chatJid(attrs['jid']) ?? [])
  }
}

const askChoice = async (socket: WASocket): Promise<StatusChoice> =>
  choiceIn(
    await socket.query({
      tag: 'iq',
      attrs: { id: socket.generateMessageTag(), to: PHONE_SERVER, type: 'get', xmlns: 'status' },
      content: [{ tag: 'privacy', attrs: {} }]
    })
  )

/** The people who may see it. A choice that is newer than this server is taken for the smallest one. */
export const chosenPeople = (
  contacts: ReadonlyArray<Person>,
  { people, type }: StatusChoice
): ReadonlyArray<Person> => {
  const named = new Set(people)
  const isNamed = (person: Person) => person.some(jid => named.has(jid))
  if (type === 'contacts') return contacts
  return contacts.filter(person => isNamed(person) === (type !== 'blacklist'))
}

/** One address of each, in one form: WhatsApp refuses a mixture. Who has none in that form is left out. */
const addressesOf = async (
  socket: WASocket,
  people: ReadonlyArray<Person>,
  byNumber: boolean
): Promise<ReadonlyArray<string>> => {
  const { lidMapping } = socket.signalRepository
  const addressOf = async (person: Person) => {
    const number = person.find(isPhoneJid)
    if (byNumber) return number
    const lid = person.find(isLidJid)
    return lid ?? (number === undefined ? undefined : chatJid(await lidMapping.getLIDForPN(number)))
  }
  const addresses: Array<string> = []
  for (const person of people) {
    const address = await addressOf(person)
    if (address !== undefined) addresses.push(address)
  }
  return addresses
}

export const makeStatusAudience = (connections: OpenConnections, timeoutMs: number) =>
  Effect.fn('WhatsApp.statusAudience')(function* (
    accountId: string,
    contacts: ReadonlyArray<Person>,
    byNumber: boolean
  ) {
    const { socket } = yield* connections.get(accountId)
    const { jid, lid } = addressesIn(socket.authState.creds)
    const unanswered = () => connections.unanswered(accountId, socket)
    return yield* Effect.tryPromise({
      try: () =>
        waitingForAnswers(async () => {
          const people = chosenPeople(contacts, await askChoice(socket))
          // The owner's other devices show it, too.
          const own = lid === undefined ? [jid] : [jid, lid]
          return new Set(await addressesOf(socket, [own, ...people], byNumber))
        }),
      catch: cause => connections.failed(accountId, socket, cause)
    }).pipe(Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(unanswered()) }))
  })
