// Passkey requests over HTTP.
import { HttpApiBuilder } from 'effect/http-api'
import { Api } from '../../api.ts'
import { assertPasskey, confirmPasskey, readPasskey } from './passkey.ts'

export const passkeyLayer = HttpApiBuilder.group(Api, 'passkey', handlers =>
  handlers.handleAll({
    passkey: ({ params }) => readPasskey(params.accountId),
    assertPasskey: ({ params, payload }) => assertPasskey(params.accountId, payload),
    confirmPasskey: ({ params }) => confirmPasskey(params.accountId)
  })
)
