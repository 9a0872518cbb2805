// The endpoints of linking a device: scanning, pairing codes, passkeys.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { REFRESH_CHILDREN } from '../../protocol/pairing/refresh.ts'
import { ControlError } from '../fields.ts'
import { type ControlRoute, phoneOf } from '../requests.ts'

/** `publicKey`: P-256, as SubjectPublicKeyInfo in base64. */
const publicKeyFrom = (text: string): KeyObject => {
  try {
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
  } catch {
    throw new ControlError(400, 'publicKey must be a P-256 key as SubjectPublicKeyInfo in base64')
  }
}

const passkeys: readonly ControlRoute[] = [
  {
    method: 'PATCH',
    path: '/passkeys',
    answer: ({ body, simulator: { network } }) => {
      network.passkeysDemanded = body().boolean('demanded')
      return { demanded: network.passkeysDemanded }
    }
  },
  {
    method: 'GET',
    path: '/phones/:phone/passkey',
    answer: call => {
      const phone = phoneOf(call)
      return {
        demanded: call.simulator.network.demandsPasskey(phone.account),
        credentials: phone.account.passkeys.credentialIds,
        code: phone.passkeyCode ?? null
      }
    }
  },
  {
    method: 'PATCH',
    path: '/phones/:phone/passkey',
    answer: call => {
      const { passkeys: settings } = phoneOf(call).account
      const body = call.body()
      if (body.get('demanded') === null) settings.demanded = undefined
      else settings.demanded = body.optionalBoolean('demanded') ?? settings.demanded
      settings.asksWithoutOptions = body.optionalBoolean('asksWithoutOptions') ?? settings.asksWithoutOptions
      settings.challengeMs = body.optionalNumber('challengeMs') ?? settings.challengeMs
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/passkey/credentials',
    answer: call => {
      const body = call.body()
      const id = Buffer.from(body.text('id'), 'base64url')
      phoneOf(call).account.passkeys.register(id, publicKeyFrom(body.text('publicKey')))
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/passkey/assert',
    answer: call => {
      const body = call.body()
      return phoneOf(call).assertPasskey(body.text('challenge'), {
        origin: body.optionalText('origin'),
        relyingParty: body.optionalText('relyingParty'),
        isVerified: body.optionalBoolean('isVerified')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/passkey/compare',
    answer: call => phoneOf(call).comparePasskeyCode(call.body().oneOf('code', ['same', 'other']))
  },
  { method: 'POST', path: '/phones/:phone/passkey/again', answer: call => phoneOf(call).askForPasskeyAgain() }
]

export const linkingRoutes: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/scan',
    answer: async call => ({ device: await phoneOf(call).scanQr(call.body().text('qr')) })
  },
  {
    method: 'POST',
    path: '/phones/:phone/pairing-code',
    answer: async call => ({ device: await phoneOf(call).enterPairingCode(call.body().text('code')) })
  },
  {
    method: 'PATCH',
    path: '/phones/:phone/pairing-code',
    answer: call => {
      phoneOf(call).account.acceptsAnyPlatform = call.body().boolean('acceptsAnyPlatform')
    }
  },
  {
    method: 'POST',
    path: '/refresh-qr-codes',
    answer: ({ body, simulator }) =>
      simulator.refreshQrCodes(body().optionalOneOf('child', [...REFRESH_CHILDREN]))
  },
  ...passkeys
]
