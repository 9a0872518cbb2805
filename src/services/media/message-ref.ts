// The message that a file belongs to.

export interface MessageRef {
  readonly threadId: string
  readonly messageId: string
}

export const refKey = ({ messageId, threadId }: MessageRef): string => `${threadId} ${messageId}`
