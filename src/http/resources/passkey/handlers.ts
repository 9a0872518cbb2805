// Passkey requests over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Accounts } from '../../../services/accounts.ts'
import { Api } from '../../api.ts'
import { assertPasskey, confirmPasskey, readPasskey } from './passkey.ts'

export const passkeyLayer = HttpApiBuilder.group(
  Api,
  'passkey',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts>()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      passkey: ({ params }) => provide(readPasskey(params.accountId)),
      assertPasskey: ({ params, payload }) => provide(assertPasskey(params.accountId, payload)),
      confirmPasskey: ({ params }) => provide(confirmPasskey(params.accountId))
    })
  })
)
