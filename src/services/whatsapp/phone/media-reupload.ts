// Asks the phone to upload the file of a message again, and reads its answer, which comes at once or days later.
import {
  type BinaryNode,
  decodeMediaRetryNode,
  decryptMediaRetryData,
  encryptMediaRetryRequest,
  proto,
  type WAMessageKey
} from '@whiskeysockets/baileys'
import { Effect, Option } from 'effect'
import { NotConnected } from '../errors.ts'
import type { OpenConnections } from '../open-connections.ts'

/** Names a message to the phone. */
export interface MediaRequest {
  readonly whatsAppId: string
  readonly chatJid: string
  readonly fromMe: boolean
  /** The writer, in groups. */
  readonly participant: string | undefined
  /** Base64. */
  readonly mediaKey: string
}

const requestNode = (request: MediaRequest, ownJid: string): BinaryNode => {
  const key: WAMessageKey = {
    remoteJid: request.chatJid,
    id: request.whatsAppId,
    fromMe: request.fromMe,
    ...(request.participant === undefined ? {} : { participant: request.participant })
  }
  return encryptMediaRetryRequest(key, Buffer.from(request.mediaKey, 'base64'), ownJid)
}

/** Asks the phone to upload a file again; it answers by a notification. */
export const makeMediaRequest = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.askForMedia')(function* (accountId: string, request: MediaRequest) {
    const { socket } = yield* connections.get(accountId)
    const ownJid = socket.user?.id
    if (ownJid === undefined) return yield* new NotConnected({})
    yield* Effect.tryPromise({
      try: () => socket.sendNode(requestNode(request, ownJid)),
      catch: () => new NotConnected({})
    })
  }, Effect.asVoid)

/** The phone's answer about a message; the new place of the file is encrypted with the file's own key. */
export interface MediaAnswer {
  readonly whatsAppId: string
  readonly sealed: { readonly ciphertext: Uint8Array; readonly iv: Uint8Array } | undefined
  /** The phone answered without encryption that it does not have the file. */
  readonly isGone: boolean
}

const { ResultType } = proto.MediaRetryNotification

/** The answer in a `mediaretry` notification, `undefined` when there is none. */
export const answerIn = (node: BinaryNode): MediaAnswer | undefined => {
  const { id } = node.attrs
  if (id === undefined) return undefined
  try {
    const { error, media } = decodeMediaRetryNode(node)
    // Baileys puts the attributes of the refusal into the error's data.
    const code: unknown = Reflect.get(Object(error?.data), 'code')
    return { whatsAppId: id, sealed: media, isGone: Number(code) === ResultType.NOT_FOUND }
  } catch {
    // A malformed notification says nothing about any message.
    return undefined
  }
}

/** The new place of the file, `gone`, or `later` when the phone could not say; nothing when the answer is about another file. */
export const openAnswer = (
  answer: MediaAnswer,
  mediaKey: string
): Option.Option<{ readonly directPath: string } | 'gone' | 'later'> => {
  if (answer.sealed === undefined) return Option.some(answer.isGone ? 'gone' : 'later')
  try {
    const opened = decryptMediaRetryData(answer.sealed, Buffer.from(mediaKey, 'base64'), answer.whatsAppId)
    if (opened.result === ResultType.NOT_FOUND) return Option.some('gone')
    const { directPath } = opened
    return Option.some(opened.result === ResultType.SUCCESS && directPath ? { directPath } : 'later')
  } catch {
    // Encrypted with the key of another file that has the same message id.
    return Option.none()
  }
}
