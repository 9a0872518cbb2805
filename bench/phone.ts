// The simulated phone of a measurement: starts its process and speaks with it.
import { Child } from './child.ts'
import type { PhoneQuestions } from './phone-process.ts'

export interface PhonePlan {
  readonly chats: number
  readonly messages: number
  readonly chunkMessages: number
  /** Where the chunks made ahead are kept. */
  readonly folder: string
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

export class PhoneProcess {
  readonly settings: Readonly<Record<string, string>>
  readonly chunks: ReadonlyArray<ChunkFile>
  private readonly child: Child<PhoneQuestions>

  private constructor(child: Child<PhoneQuestions>, { chunks, settings }: Prepared) {
    this.child = child
    this.settings = settings
    this.chunks = chunks
  }

  /** Resolves once the whole history is made. */
  static async start(plan: PhonePlan): Promise<PhoneProcess> {
    const child = new Child<PhoneQuestions>('phone-process.ts')
    return new PhoneProcess(child, await child.ask('prepare', plan))
  }

  async scan(qr: string): Promise<void> {
    await this.child.ask('scan', qr)
  }

  /** Contacts write one message after another from now on. */
  async write(everyMs: number): Promise<void> {
    await this.child.ask('write', everyMs)
  }

  /** Contacts stop writing; tells what they wrote, and when the first chunk was announced. */
  rest(): Promise<{ readonly firstChunkAt: number; readonly written: ReadonlyArray<WrittenLive> }> {
    return this.child.ask('rest', null)
  }

  truth(): Promise<ReadonlyArray<ChatTruth>> {
    return this.child.ask('truth', null)
  }

  stop(): Promise<void> {
    return this.child.stop()
  }
}
