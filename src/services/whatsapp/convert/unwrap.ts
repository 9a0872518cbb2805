// Envelopes around a message proper (disappearing, view once, document with caption, …), layer by layer.
// Baileys' own unwrapping knows about half of them and loses the view-once flag.
import type { proto } from '@whiskeysockets/baileys'
import { MAX_ENVELOPES, MESSAGE_ENVELOPES } from '../../../domain/message-envelopes.ts'

const VIEW_ONCE: ReadonlySet<string> = new Set<keyof proto.IMessage>([
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension'
])
const ENVELOPES = MESSAGE_ENVELOPES.map(({ name }) => name) satisfies ReadonlyArray<keyof proto.IMessage>

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
  while (layers.length <= MAX_ENVELOPES) {
    const outer = message
    const envelope = ENVELOPES.find(name => outer[name]?.message)
    const inner = envelope === undefined ? undefined : outer[envelope]?.message
    if (envelope === undefined || !inner) break
    viewOnce ||= VIEW_ONCE.has(envelope)
    layers.push(inner)
    message = inner
  }
  return { message, layers, viewOnce }
}
