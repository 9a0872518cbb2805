// Received files over HTTP: the file of a message, and how many files of an account are stored.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
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

export const mediaLayer = HttpApiBuilder.group(Api, 'media', handlers =>
  handlers.handleAll({
    file: ({ params, query, request }) => downloadFile(params.messageKey, query.variant, request),
    overview: ({ params }) => overview(params.accountId)
  })
)
