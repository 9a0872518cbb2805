// What is exchanged between a measurement and the process of its simulated phone.

export interface PhonePlan {
  readonly chats: number
  readonly messages: number
  readonly chunkMessages: number
  /** The folder of the chunks made ahead. */
  readonly folder: string
}

/** Another phone that links an account first, by the code that it scans. */
export interface LinkedBefore {
  readonly qr: string
  readonly messages: number
}

/** A chunk made ahead: an encrypted file and its key (base64). */
export interface ChunkFile {
  readonly file: string
  readonly mediaKey: string
  readonly messages: number
}

/** A message that a contact wrote while history came in, and when it was put on the wire (milliseconds since 1970). */
export interface WrittenLive {
  readonly id: string
  readonly writtenAt: number
}

/** What the phone holds of a chat: `digest` is SHA-256 of its sorted WhatsApp ids, a blank between them. */
export interface ChatTruth {
  readonly jids: ReadonlyArray<string>
  readonly messages: number
  readonly digest: string
}

/** What a phone tells once its whole history is made. */
export interface Prepared {
  readonly settings: Readonly<Record<string, string>>
  readonly chunks: ReadonlyArray<ChunkFile>
}
