// The part of an account's life in which a phone links it: a QR code or pairing code is offered, and WhatsApp may ask for the
// owner's passkey. Each state has a deadline; whatever goes wrong, the account can be linked again.
import { accountSetup } from './account-setup.ts'

/** Reports that no phone was linked. */
export const NOT_LINKED = { type: 'reportEnd', params: { kind: 'notLinked' } } as const

/** WhatsApp does not go on with the linking. */
const REFUSED = {
  target: '#account.deciding',
  actions: [
    'notePairingFailure',
    {
      type: 'reportEnd',
      params: ({ event }: { event: { readonly kind: 'codeRefused' | 'passkeyRefused' } }) => ({
        kind: event.kind
      })
    }
  ]
} as const

const EXPIRED = {
  target: '#account.deciding',
  actions: ['notePairingFailure', { type: 'reportEnd', params: { kind: 'passkeyExpired' } }]
} as const

export const pairing = accountSetup.createStateConfig({
  initial: 'offering',
  on: {
    // Also once more: the phone begins the linking again, or the assertion before was not accepted.
    'socket.passkeyRequested': { target: '.passkey.requested', actions: 'notePasskey' },
    'socket.pairingRefused': REFUSED,
    // WhatsApp ends this connection now, and the device logs in on the next one; if it does not, the time to connect runs out.
    'socket.linked': {
      target: 'connecting',
      actions: [
        'noteLinked',
        {
          type: 'remember',
          params: ({ event }) => ({
            jid: event.jid,
            lid: event.lid,
            wanted: true,
            ended: null,
            linkedAt: event.at
          })
        }
      ]
    }
  },
  states: {
    offering: {
      invoke: {
        src: 'historyPreparation',
        input: ({ context }) => ({ accountId: context.accountId })
      },
      on: {
        'socket.qrOffered': { actions: 'noteOffer' },
        'socket.codeOffered': { actions: 'noteOffer' }
      },
      after: { pairingTimeout: { target: '#account.deciding', actions: NOT_LINKED } }
    },
    passkey: {
      exit: 'forgetPasskey',
      initial: 'requested',
      states: {
        /** The owner's authenticator has to answer WhatsApp's challenge. */
        requested: {
          on: {
            'command.assertPasskey': {
              target: 'submitted',
              actions: { type: 'submitPasskey', params: ({ event: { assertion } }) => ({ assertion }) }
            }
          },
          after: { passkeyTimeout: EXPIRED }
        },
        /** WhatsApp verifies the assertion, and the phone answers. */
        submitted: {
          on: { 'socket.passkeyAccepted': { target: 'confirming', actions: 'noteCode' } },
          after: { passkeyAnswerTimeout: EXPIRED }
        },
        /** A person compares what this server and the phone show, unless a proof has made that needless. */
        confirming: {
          on: {
            'command.confirmPasskey': {
              guard: 'hasToCompare',
              actions: ['noteConfirmed', 'confirmPasskey']
            }
          },
          after: { passkeyCompareTimeout: EXPIRED }
        }
      }
    }
  }
})
