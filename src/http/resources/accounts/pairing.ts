// What is scanned or typed on the phone to link it: as JSON, PNG or SVG.
import { Effect, Schedule } from 'effect'
import { type HttpServerRequest, HttpServerResponse } from 'effect/http'
import QRCode from 'qrcode'
import type { AccountView } from '../../../services/accounts.ts'
import { findAccount } from '../../lookup.ts'
import { PairingRefused, WrongState } from '../../problems.ts'

const withoutOffer = (view: AccountView): PairingRefused | WrongState => {
  const { isLinked, lastDisconnect, pairingFailure, passkey, record, state } = view
  if (passkey !== null) {
    const detail = `WhatsApp asks for the passkey of the account: GET /v1/accounts/${record.accountId}/passkey`
    return new WrongState({ state, detail })
  }
  if (pairingFailure !== null && state !== 'pairing')
    return new PairingRefused({ kind: pairingFailure.kind, detail: pairingFailure.reason })
  if (isLinked) return new WrongState({ state, detail: 'The account is linked, so there is no code' })
  const isExpected = state === 'pairing' || state === 'reconnecting'
  const cause = lastDisconnect === null ? '' : ` (${lastDisconnect.reason})`
  return new WrongState({
    state,
    detail: isExpected
      ? `WhatsApp has not sent a code yet${cause}; try again in a few seconds`
      : `There is no code while the account is "${state}". Start linking with POST /v1/accounts/${record.accountId}/pair`
  })
}

const currentOffer = Effect.fnUntraced(function* (accountId: string) {
  const view = yield* findAccount(accountId)
  return view.offer ?? (yield* withoutOffer(view))
})

/** The current offer. WhatsApp needs a moment after `pair` to send one: this waits for it, up to three seconds. */
const findOffer = (accountId: string) =>
  Effect.retry(currentOffer(accountId), {
    while: problem => problem._tag === 'WrongState' && problem.state === 'pairing',
    schedule: Schedule.spaced('100 millis'),
    times: 30
  })

const qrText = Effect.fnUntraced(function* (accountId: string) {
  const { method, text } = yield* findOffer(accountId)
  if (method === 'qr') return text
  return yield* new WrongState({
    state: 'pairing',
    detail: 'This account is being linked by pairing code; there is no QR code'
  })
})

export const qrPng = (accountId: string) =>
  Effect.flatMap(qrText(accountId), text =>
    Effect.promise(() => QRCode.toBuffer(text, { margin: 2, width: 480 }))
  )

export const qrSvg = (accountId: string) =>
  Effect.flatMap(qrText(accountId), text =>
    Effect.promise(() => QRCode.toString(text, { type: 'svg', margin: 2 }))
  )

/** In the format that the header `Accept` asks for. */
export const offer = Effect.fnUntraced(function* (
  accountId: string,
  request: HttpServerRequest.HttpServerRequest
) {
  const accept = request.headers['accept'] ?? ''
  if (/image\/svg\+xml/.test(accept)) {
    return HttpServerResponse.text(yield* qrSvg(accountId), { contentType: 'image/svg+xml' })
  }
  if (/image\/(png|\*)/.test(accept)) {
    return HttpServerResponse.uint8Array(yield* qrPng(accountId), { contentType: 'image/png' })
  }
  const { expiresAt, method, text } = yield* findOffer(accountId)
  return { method, qr: method === 'qr' ? text : null, code: method === 'code' ? text : null, expiresAt }
})
