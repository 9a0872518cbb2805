// The simulated phone of a measurement: starts its process and asks it.
import { Child } from './child.ts'
import type { PhoneQuestions } from './phone-process.ts'
import type { ChatTruth, ChunkFile, LinkedBefore, PhonePlan, Prepared, WrittenLive } from './phone-truth.ts'

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

  /** Has another phone link an account, whose history is as large as said; some of its contacts write to it. */
  async linkBefore(other: LinkedBefore): Promise<void> {
    await this.child.ask('linkBefore', other)
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
