// The secret that a message carries and that its add-ons are sealed with. Phones give one to every message they write; who has
// the message remembers it.
import { randomBytes } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import { BoundedMap } from '../bounded-map.ts'
import { unwrap } from './content.ts'

const LIMIT = 50_000

export const secretIn = (message: proto.IMessage): Uint8Array | undefined => {
  const secret =
    message.messageContextInfo?.messageSecret ?? unwrap(message).messageContextInfo?.messageSecret
  return secret?.length ? secret : undefined
}

/** A message that comes without a secret gets one. */
export const withSecret = (message: proto.IMessage): proto.IMessage =>
  secretIn(message)
    ? message
    : {
        ...message,
        messageContextInfo: { ...message.messageContextInfo, messageSecret: randomBytes(32) }
      }

/** A message and its secret as a phone stores them: the secret beside the message. */
export const secretBeside = (
  message: proto.IMessage
): { message: proto.IMessage; messageSecret?: Uint8Array } => {
  const { messageContextInfo, ...content } = message
  if (!messageContextInfo?.messageSecret?.length) return { message }
  const { messageSecret, ...context } = messageContextInfo
  return {
    message: Object.keys(context).length === 0 ? content : { ...content, messageContextInfo: context },
    messageSecret
  }
}

/** What everybody who has a message knows: its secret, or that of its last edit. */
export class MessageSecrets {
  private readonly secrets = new BoundedMap<Uint8Array>(LIMIT)

  remember(author: Account, id: string, message: proto.IMessage): void {
    const secret = secretIn(message)
    if (secret) this.secrets.set(`${author.phoneNumber}|${id}`, secret)
  }

  of(author: Account, id: string): Uint8Array | undefined {
    return this.secrets.get(`${author.phoneNumber}|${id}`)
  }
}
