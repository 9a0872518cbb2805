// Statuses, which go to everyone in the address book whom the owner shows them: what can be posted, and for whom.
import { Effect } from 'effect'
import { AccountStore } from '../conversations/account-store.ts'
import { ContactStore } from '../conversations/contact-store.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { refuse, type RequestRefused } from './errors.ts'
import type { OutboxContent } from './kinds/index.ts'

const POSTED_FILES: ReadonlySet<string> = new Set(['image', 'video', 'voice'])

const isPosted = (content: OutboxContent): boolean => {
  switch (content.kind) {
    case 'text':
      return content.mentions === undefined && content.quoted === undefined
    case 'media': {
      const { mentions, quoted, type, viewOnce } = content
      return POSTED_FILES.has(type) && viewOnce !== true && mentions === undefined && quoted === undefined
    }
    case 'revoke':
      return content.target.sender === null
    default:
      return false
  }
}

/** What a request would post, if it can be. */
export const checkStatus = (content: OutboxContent): Effect.Effect<void, RequestRefused> =>
  isPosted(content)
    ? Effect.void
    : refuse(
        'to',
        'A status is a text, a picture, a film or a voice message, without mentions and quotes; own ones can be deleted'
      )

/** The addresses that a status is sent to now. */
export const statusAudience = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* AccountStore
  const contacts = yield* ContactStore
  const whatsapp = yield* WhatsApp
  const account = yield* accounts.read(accountId)
  const saved = yield* contacts.saved(accountId)
  return yield* whatsapp.statusAudience(accountId, saved, account?.lidMigrated === false)
})
