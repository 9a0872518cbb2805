// Linking with a passkey: WhatsApp asks for an assertion by the account's owner, then device and phone agree on a key, under which
// the phone gets the keys of this device and a new secret. Nothing of it may be logged. What happens is told by events.
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  type WASocket
} from '@whiskeysockets/baileys'
import { Effect, Schema } from 'effect'
import type { ConnectionEvent } from '../../../domain/connection.ts'
import { type PasskeyAssertion, PasskeyOptions } from '../../../domain/passkey.ts'
import { DEVICE_TYPE } from '../socket/options.ts'
import type { ConnectionRuntime } from '../socket/runtime.ts'
import {
  comparedCode,
  handoffProof,
  isMadeWith,
  makePrologue,
  newAdvSecret,
  primaryIdentityIn,
  type Prologue,
  requestKey,
  sealRequest
} from './passkey-keys.ts'
import { ask, leaf, type QueryRefused } from './query.ts'

/** How long the proof may stand in for the comparison of codes. */
const HANDOFF_MS = 5 * 60_000
/** How long WhatsApp's challenges are good for, when it does not say. */
const CHALLENGE_MS = 10 * 60_000
const COMPARISON_MS = 5 * 60_000
/** Assertions that WhatsApp may refuse before the linking ends. */
const MOST_REFUSALS = 3

export interface PasskeyCeremony {
  /** Sends WhatsApp the owner's assertion. */
  readonly submit: (assertion: PasskeyAssertion) => Effect.Effect<void>
  /** Somebody says that the phone shows the same code. */
  readonly confirm: Effect.Effect<void>
}

/** One attempt to link with a passkey. */
interface Attempt {
  /** This device's secret once the phone has it; until then the old one counts. */
  readonly advSecret: string
  /** Until when the proof is good, milliseconds since 1970. */
  readonly handoffUntil: number
  prologue?: Prologue
  isProven?: boolean
  requestKey?: Uint8Array
}

interface Surroundings {
  readonly socket: WASocket
  readonly runtime: ConnectionRuntime
  readonly emit: (event: ConnectionEvent) => void
  readonly now: () => number
  /** Called when WhatsApp asks for a passkey: what was offered for scanning is of no use any more. */
  readonly onBegin: () => void
}

/** What the parts of a ceremony share. */
interface Ceremony extends Surroundings {
  attempt: Attempt | undefined
  refusals: number
}

/** Follows the socket from WhatsApp's request to the link. */
export const makePasskeyCeremony = (surroundings: Surroundings): PasskeyCeremony => {
  const ceremony: Ceremony = { ...surroundings, attempt: undefined, refusals: 0 }
  const { runtime, socket } = surroundings
  socket.ws.on('CB:notification,type:passkey_prologue_request', (stanza: BinaryNode) =>
    runtime.fork(begin(ceremony, stanza))
  )
  socket.ws.on('CB:notification,type:crsc_continuation', (stanza: BinaryNode) =>
    runtime.fork(proceed(ceremony, stanza))
  )
  // Before Baileys verifies it with the secret that it finds.
  socket.ws.prependListener('CB:iq,,pair-success', (stanza: BinaryNode) => adoptSecret(ceremony, stanza))
  return {
    submit: assertion => submit(ceremony, assertion),
    confirm: Effect.suspend(() => confirm(ceremony))
  }
}

const decodeOptions = Schema.decodeUnknownOption(Schema.fromJsonString(PasskeyOptions))

/** Larger ones are none that a browser would take. */
const LARGEST_OPTIONS = 64 * 1024

const optionsIn = (stanza: BinaryNode): PasskeyOptions | undefined => {
  const bytes = getBinaryNodeChildBuffer(stanza, 'passkey_request_options')
  if (bytes === undefined || bytes.length > LARGEST_OPTIONS) return undefined
  const options = decodeOptions(Buffer.from(bytes).toString())
  return options._tag === 'Some' ? options.value : undefined
}

const askForOptions = (socket: WASocket) =>
  ask(socket, 'get', leaf('passkey_request_options')).pipe(
    Effect.map(optionsIn),
    Effect.orElseSucceed(() => undefined)
  )

/** WhatsApp asks for a passkey, perhaps not for the first time: the phone has seen none of the earlier secrets. */
const begin = Effect.fnUntraced(function* (ceremony: Ceremony, stanza: BinaryNode) {
  ceremony.onBegin()
  ceremony.attempt = { advSecret: newAdvSecret(), handoffUntil: ceremony.now() + HANDOFF_MS }
  const options = optionsIn(stanza) ?? (yield* askForOptions(ceremony.socket))
  if (options === undefined) return end(ceremony, 'WhatsApp asks for a passkey in a way that cannot be read')
  request(ceremony, options, null)
})

const request = ({ emit, now }: Ceremony, options: PasskeyOptions, refusal: string | null): void => {
  const { timeout = CHALLENGE_MS } = options
  emit({
    type: 'socket.passkeyRequested',
    options,
    expiresAt: now() + Math.min(Math.max(timeout, 1000), CHALLENGE_MS),
    refusal
  })
}

/** The linking cannot go on. */
const end = (ceremony: Ceremony, reason: string): void => {
  ceremony.attempt = undefined
  ceremony.emit({ type: 'socket.pairingRefused', kind: 'passkeyRefused', reason })
}

const refusalOf = ({ code }: QueryRefused, what: string): string =>
  code === 0 ? `WhatsApp did not answer ${what}` : `WhatsApp refused ${what} (code ${code})`

const submit = (ceremony: Ceremony, assertion: PasskeyAssertion): Effect.Effect<void> =>
  sendPrologue(ceremony, assertion).pipe(
    Effect.catchTag('QueryRefused', refused => requestAgain(ceremony, refusalOf(refused, 'the passkey')))
  )

const sendPrologue = Effect.fnUntraced(function* (
  ceremony: Ceremony,
  assertion: PasskeyAssertion
): Effect.fn.Return<void, QueryRefused> {
  const { attempt, now, socket } = ceremony
  if (attempt === undefined) return
  const { id, rawId, response, type } = assertion
  const answer = yield* ask(socket, 'get', leaf('ref'))
  const reference = Buffer.from(getBinaryNodeChildBuffer(answer, 'ref') ?? []).toString()
  const prologue = makePrologue(reference, DEVICE_TYPE)
  // The secret that the phone has, too.
  const { advSecretKey } = socket.authState.creds
  attempt.isProven = now() < attempt.handoffUntil
  // Known before the answer, which may come after the phone's half of the key.
  attempt.prologue = prologue
  delete attempt.requestKey
  yield* ask(socket, 'set', {
    ...leaf('passkey_prologue'),
    content: [
      leaf('credential_id', Buffer.from(rawId, 'base64url')),
      leaf('webauthn_assertion', Buffer.from(JSON.stringify({ id, rawId, type, response }))),
      leaf('prologue_payload', prologue.payload),
      ...(attempt.isProven
        ? [leaf('pairing_handoff_proof', handoffProof(prologue.payload, advSecretKey))]
        : [])
    ]
  })
})

/** A refused assertion is no end: WhatsApp may give another challenge. */
const requestAgain = Effect.fnUntraced(function* (ceremony: Ceremony, reason: string) {
  ceremony.refusals += 1
  const options = ceremony.refusals < MOST_REFUSALS ? yield* askForOptions(ceremony.socket) : undefined
  if (options === undefined) return end(ceremony, reason)
  request(ceremony, options, reason)
})

/** The phone has sent its half of the key. */
const proceed = Effect.fnUntraced(
  function* (ceremony: Ceremony, stanza: BinaryNode) {
    const { attempt, emit, now, socket } = ceremony
    const bytes = getBinaryNodeChildBuffer(stanza, 'primary_ephemeral_identity')
    const primary = bytes === undefined ? undefined : primaryIdentityIn(Buffer.from(bytes))
    if (attempt?.prologue === undefined || attempt.requestKey !== undefined) return
    if (primary === undefined) return end(ceremony, 'The phone answered in a way that cannot be read')
    attempt.requestKey = requestKey(attempt.prologue, primary)
    yield* ask(socket, 'set', leaf('companion_nonce', attempt.prologue.nonce))
    const isProven = attempt.isProven === true
    emit({
      type: 'socket.passkeyAccepted',
      code: isProven ? null : comparedCode(attempt.prologue, primary),
      expiresAt: now() + COMPARISON_MS
    })
    if (isProven) yield* confirm(ceremony)
  },
  (work, ceremony) =>
    Effect.catchTag(work, 'QueryRefused', refused =>
      Effect.sync(() => end(ceremony, refusalOf(refused, 'the answer to the phone')))
    )
)

const confirm = (ceremony: Ceremony): Effect.Effect<void> => {
  const { attempt, socket } = ceremony
  if (attempt?.requestKey === undefined) return Effect.void
  const sealed = sealRequest(socket.authState.creds, attempt.advSecret, attempt.requestKey)
  return ask(socket, 'set', leaf('encrypted_pairing_request', sealed)).pipe(
    Effect.asVoid,
    Effect.catchTag('QueryRefused', refused =>
      Effect.sync(() => end(ceremony, refusalOf(refused, 'the keys of this device')))
    )
  )
}

/** The new secret counts once the phone has used it; a phone that has never got it uses the old one. */
const adoptSecret = ({ attempt, socket }: Ceremony, stanza: BinaryNode): void => {
  const success = getBinaryNodeChild(stanza, 'pair-success')
  const identity = getBinaryNodeChildBuffer(success, 'device-identity')
  if (attempt === undefined || identity === undefined) return
  if (isMadeWith(Buffer.from(identity), attempt.advSecret))
    socket.authState.creds.advSecretKey = attempt.advSecret
}
