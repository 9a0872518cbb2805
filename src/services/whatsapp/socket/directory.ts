// Names of contacts and groups, which Baileys reports as events, become facts and are stored.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import type { Conversations } from '../../conversations/apply.ts'
import { factsOfContacts, factsOfGroups } from '../convert/directory.ts'
import type { ConnectionRuntime } from './runtime.ts'

export const storeDirectory = (options: {
  readonly accountId: string
  readonly socket: WASocket
  readonly conversations: Conversations['Service']
  readonly runtime: ConnectionRuntime
  readonly dryRun: boolean
}): void => {
  const { accountId, conversations, dryRun, runtime, socket } = options
  const store = (facts: ReadonlyArray<Fact>): void => {
    // Groups are reported at every start; names of people only once.
    const wanted = dryRun ? facts.filter(fact => fact.kind === 'contact') : facts
    if (wanted.length === 0) return
    runtime.fork(
      conversations
        .apply(accountId, wanted)
        .pipe(Effect.catch(error => Effect.logWarning('Names could not be stored', error)))
    )
  }
  socket.ev.on('contacts.upsert', contacts => store(factsOfContacts(contacts)))
  socket.ev.on('contacts.update', contacts => store(factsOfContacts(contacts)))
  socket.ev.on('groups.upsert', groups => store(factsOfGroups(groups)))
  socket.ev.on('groups.update', groups => store(factsOfGroups(groups)))
}
