// Envelopes around a message proper (disappearing, view once, document with caption, …), layer by layer.
// Baileys' own unwrapping knows about half of them and loses that a message may be viewed only once.
import type { proto } from '@whiskeysockets/baileys'

const VIEW_ONCE = ['viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension'] as const
const WRAPPERS = [
  ...VIEW_ONCE,
  'ephemeralMessage',
  'deviceSentMessage',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'groupMentionedMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'groupStatusMentionMessage',
  'statusMentionMessage',
  'statusAddYours',
  'botInvokeMessage',
  'botTaskMessage',
  'botForwardedMessage',
  'lottieStickerMessage',
  'eventCoverImage',
  'pollCreationMessageV4',
  'pollCreationOptionImageMessage',
  'limitSharingMessage',
  'questionMessage',
  'questionReplyMessage',
  'commentMessage'
] as const satisfies ReadonlyArray<keyof proto.IMessage>

/** Phones nest three at most; a hostile message may nest thousands. */
const MOST_LAYERS = 8

export interface Unwrapped {
  /** Inside all envelopes. */
  readonly message: proto.IMessage
  /** From the outermost to the message proper: context such as a secret may be on any of them. */
  readonly layers: ReadonlyArray<proto.IMessage>
  readonly viewOnce: boolean
}

export const unwrap = (wrapped: proto.IMessage): Unwrapped => {
  const layers = [wrapped]
  let message = wrapped
  let viewOnce = false
  while (layers.length <= MOST_LAYERS) {
    const outer = message
    const wrapper = WRAPPERS.find(name => outer[name]?.message)
    const inner = wrapper === undefined ? undefined : outer[wrapper]?.message
    if (wrapper === undefined || !inner) break
    viewOnce ||= VIEW_ONCE.some(name => name === wrapper)
    layers.push(inner)
    message = inner
  }
  return { message, layers, viewOnce }
}
