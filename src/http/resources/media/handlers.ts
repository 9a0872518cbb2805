// Received files over HTTP: the file of a message, and how many files of an account are stored.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Accounts } from '../../../services/accounts.ts'
import type { MessageStore } from '../../../services/conversations/message-store.ts'
import { Media } from '../../../services/media/media.ts'
import { Api } from '../../api.ts'
import { findAccount } from '../../lookup.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import { downloadFile } from './file.ts'

const overview = Effect.fnUntraced(function* (accountId: string) {
  const media = yield* Media
  yield* findAccount(accountId)
  return { policy: media.policy, ...(yield* orDatabaseUnavailable(media.counts(accountId))) }
})

export const mediaLayer = HttpApiBuilder.group(
  Api,
  'media',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts | Media | MessageStore>()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      file: ({ params, query, request }) => provide(downloadFile(params.messageKey, query.variant, request)),
      overview: ({ params }) => provide(overview(params.accountId))
    })
  })
)
