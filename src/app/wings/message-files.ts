// What forwarding needs of received files, from the wing that keeps them.
import { Effect, Layer, Stream } from 'effect'
import { Media } from '../../services/media/media.ts'
import type { OpenError } from '../../services/media/outcomes.ts'
import { FileNotHeld, MessageFiles } from '../../services/outbox/message-files.ts'

const reasonOf = (error: OpenError): string => {
  switch (error._tag) {
    case 'MediaGone':
    case 'NoMedia':
      return 'Its file is gone: neither WhatsApp nor the phone has it any longer'
    case 'MediaOff':
      return 'WhatsApp no longer has its file, and this server does not download media (MEDIA_DOWNLOAD)'
    case 'MediaTooLarge':
      return 'WhatsApp no longer has its file, which is larger than this server downloads (MEDIA_DOWNLOAD_MAX_MB)'
    case 'MediaWaits':
      return 'WhatsApp no longer has its file; the phone is asked for it. Try again later'
    default:
      return 'Its file cannot be fetched now. Try again later'
  }
}

const notHeld = (error: OpenError) => new FileNotHeld({ reason: reasonOf(error) })

export const layer: Layer.Layer<MessageFiles, never, Media> = Layer.effect(
  MessageFiles,
  Effect.map(Media, media =>
    MessageFiles.of({
      isOnServer: media.isOnServer,
      read: message =>
        media.open(message).pipe(
          Effect.map(({ file }) => media.read(file).pipe(Stream.mapError(notHeld))),
          Effect.mapError(notHeld)
        )
    })
  )
)
