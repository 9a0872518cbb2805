// The files of stored messages, as forwarding needs them. Media keep them; what is sent knows only this much of them.
import { Context, Effect, Layer, Schema, type Stream } from 'effect'
import type { Message } from '../../domain/message.ts'

/** The file cannot be had; the reason is a sentence for the application. */
export class FileNotHeld extends Schema.TaggedError<FileNotHeld>()('FileNotHeld', {
  reason: Schema.String
}) {}

export class MessageFiles extends Context.Service<
  MessageFiles,
  {
    /** Whether WhatsApp's media server still has the file where the message says; `undefined` if it does not answer. */
    readonly isOnServer: (message: Message) => Effect.Effect<boolean | undefined>
    /** The file itself, fetched if it is not held here. */
    readonly read: (message: Message) => Effect.Effect<Stream.Stream<Uint8Array, FileNotHeld>, FileNotHeld>
  }
>()('backscroll/services/outbox/MessageFiles') {
  /** No file is held, and nobody knows what WhatsApp has. */
  static readonly none: Layer.Layer<MessageFiles> = Layer.succeed(
    MessageFiles,
    MessageFiles.of({
      isOnServer: () => Effect.undefined,
      read: () => Effect.fail(new FileNotHeld({ reason: 'No files are held here' }))
    })
  )
}
