// The envelopes in which phones send files: around a document with a caption, and around what is shown once.
import type { WireMessage } from './outgoing.ts'

/** A file that is shown once says so itself, too. */
const markedOnce = ({ audioMessage, imageMessage, videoMessage }: WireMessage): WireMessage => ({
  ...(imageMessage ? { imageMessage: { ...imageMessage, viewOnce: true } } : {}),
  ...(videoMessage ? { videoMessage: { ...videoMessage, viewOnce: true } } : {}),
  ...(audioMessage ? { audioMessage: { ...audioMessage, viewOnce: true } } : {})
})

const envelopeOf = (content: WireMessage, viewOnce: boolean): WireMessage => {
  // Voice messages came to this later, and have an envelope that older phones do not know.
  if (viewOnce && content.audioMessage)
    return { viewOnceMessageV2Extension: { message: markedOnce(content) } }
  if (viewOnce) return { viewOnceMessage: { message: markedOnce(content) } }
  // Without it, phones show no caption.
  return content.documentMessage?.caption ? { documentWithCaptionMessage: { message: content } } : content
}

/** A message with a file, in its envelope if it needs one; what is beside the file stays outside. */
export const inFileEnvelope = (
  { messageContextInfo, ...content }: WireMessage,
  viewOnce: boolean
): WireMessage => ({
  ...envelopeOf(content, viewOnce),
  ...(messageContextInfo ? { messageContextInfo } : {})
})
