// Names of contacts and groups, and which addresses are one person's, become facts and are stored.
import type { BinaryNode, Contact, WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { LRUCache } from 'lru-cache'
import type { Fact } from '../../../domain/fact.ts'
import type { Conversations } from '../../conversations/apply.ts'
import { samePerson, UNDATED } from '../convert/address.ts'
import { factsOfContacts, factsOfGroups } from '../convert/directory.ts'
import { factsOfUsync } from '../convert/usync.ts'
import type { ConnectionRuntime } from './runtime.ts'

const MOST_NAMES = 5000

/** Whether a change of a contact tells more than the name that its sender had before: Baileys tells that of each message. */
const makeNameMemory = () => {
  // Bounded by a size and not by `max`, which would have every account hold memory for all of them from the start.
  const names = new LRUCache<string, string>({ maxSize: MOST_NAMES, sizeCalculation: () => 1 })
  return ({ id, notify, ...others }: Partial<Contact>): boolean => {
    const tellsMore = Object.values(others).some(value => value !== undefined)
    if (id === undefined || notify === undefined || tellsMore) return true
    const isKnown = names.get(id) === notify
    names.set(id, notify)
    return !isKnown
  }
}

export const storeDirectory = (options: {
  readonly accountId: string
  readonly socket: WASocket
  readonly conversations: Conversations['Service']
  readonly runtime: ConnectionRuntime
  readonly dryRun: boolean
  readonly now: () => number
}): void => {
  const { accountId, conversations, dryRun, now, runtime, socket } = options
  const store = (facts: ReadonlyArray<Fact>): void => {
    // Groups are reported at every start; names of people only once.
    const wanted = dryRun ? facts.filter(({ kind }) => kind === 'contact' || kind === 'samePerson') : facts
    if (wanted.length === 0) return
    runtime.fork(
      conversations
        .apply(accountId, wanted)
        .pipe(Effect.catch(error => Effect.logWarning('Names could not be stored', error)))
    )
  }
  socket.ev.on('contacts.upsert', contacts => store(factsOfContacts(contacts)))
  const isNews = makeNameMemory()
  socket.ev.on('contacts.update', contacts => store(factsOfContacts(contacts.filter(isNews))))
  // Mappings of the app state may be old; what WhatsApp answers to a question is as of now.
  socket.ev.on('lid-mapping.update', ({ lid, pn }) => store(samePerson(pn, lid, UNDATED)))
  socket.ws.on('CB:iq,,usync', (answer: BinaryNode) => store(factsOfUsync(answer, now())))
  socket.ev.on('groups.upsert', groups => store(factsOfGroups(groups)))
  socket.ev.on('groups.update', groups => store(factsOfGroups(groups)))
}
