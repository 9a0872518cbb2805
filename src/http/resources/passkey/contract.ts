// The HTTP contract of the passkey that WhatsApp may ask for while an account is linked.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { PasskeyAssertion, PasskeyOptions, WHATSAPP_ORIGIN } from '../../../domain/passkey.ts'
import { operates } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, PairingRefused, StoreUnavailable, WrongState } from '../../problems.ts'
import { Time } from '../../../domain/whole.ts'

/** The passkey that WhatsApp asks for, step by step. Times are milliseconds since 1970. */
export const Passkey = Schema.Struct({
  /** WhatsApp waits for an assertion, verifies it, or waits until the codes are compared. */
  step: Schema.Literals(['requested', 'submitted', 'confirming']),
  expiresAt: Time,
  /** For `navigator.credentials.get` on `origin`, by the owner of the account. */
  options: PasskeyOptions,
  origin: Schema.Literal(WHATSAPP_ORIGIN),
  /** To be pasted into the developer console on `origin`: it asks the owner and shows the assertion. */
  script: Schema.String,
  /** Why WhatsApp did not accept the assertion before. */
  refusal: Schema.NullOr(Schema.String),
  /** Must be the same on the phone; `null` when there is nothing to compare. */
  code: Schema.NullOr(Schema.String),
  isConfirmed: Schema.Boolean
}).annotate({ identifier: 'Passkey' })

const errors = [NotFound, WrongState, PairingRefused, StoreUnavailable] as const
const accepted = Passkey.pipe(HttpApiSchema.status(202))

export class PasskeyGroup extends HttpApiGroup.make('passkey')
  .add(
    HttpApiEndpoint.get('passkey', '/:accountId/passkey', {
      params: accountPath,
      success: Passkey,
      error: errors
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Get the passkey request',
        description:
          'WhatsApp asks some accounts for a passkey after the QR code was scanned or the pairing code was entered: the challenge, until when, and the code to compare.'
      })
    ),
    HttpApiEndpoint.post('assertPasskey', '/:accountId/passkey/assertion', {
      params: accountPath,
      payload: PasskeyAssertion,
      success: accepted,
      error: [...errors, BadField]
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Give the passkey assertion',
        description:
          'The JSON of `PublicKeyCredential.toJSON()`, made on https://web.whatsapp.com by the owner of the account.'
      })
    ),
    HttpApiEndpoint.post('confirmPasskey', '/:accountId/passkey/confirm', {
      params: accountPath,
      success: accepted,
      error: errors
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Confirm the code',
        description: 'The phone shows the same code. If it shows another one, `disconnect` instead.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}
