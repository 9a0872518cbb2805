// The message that a file belongs to, and which of its files it is.

export interface MessageRef {
  readonly threadId: string
  readonly messageId: string
  /** A file beside the one that is shown; that one when it is missing or empty. */
  readonly variant?: string
}

export const refKey = ({ messageId, threadId, variant = '' }: MessageRef): string =>
  `${threadId} ${messageId} ${variant}`
