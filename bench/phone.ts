// The simulated phone of a measurement: starts its process and speaks with it.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

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

export type ToPhone =
  | { readonly call: 'scan'; readonly qr: string }
  | { readonly call: 'write'; readonly everyMs: number }
  | { readonly call: 'rest' }
  | { readonly call: 'truth' }

export type FromPhone =
  | {
      readonly answer: 'ready'
      readonly settings: Readonly<Record<string, string>>
      readonly chunks: ReadonlyArray<ChunkFile>
    }
  | { readonly answer: 'scanned' | 'writing' }
  | { readonly answer: 'rested'; readonly firstChunkAt: number; readonly written: ReadonlyArray<WrittenLive> }
  | { readonly answer: 'truth'; readonly chats: ReadonlyArray<ChatTruth> }
  | { readonly answer: 'failed'; readonly reason: string }

type Answer<Name extends FromPhone['answer']> = Extract<FromPhone, { readonly answer: Name }>

export class PhoneProcess {
  readonly settings: Readonly<Record<string, string>>
  readonly chunks: ReadonlyArray<ChunkFile>
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, { chunks, settings }: Answer<'ready'>) {
    this.child = child
    this.settings = settings
    this.chunks = chunks
  }

  /** Resolves once the whole history is made. */
  static async start(plan: PhonePlan): Promise<PhoneProcess> {
    const child = fork(join(import.meta.dirname, 'phone-process.ts'), [JSON.stringify(plan)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc']
    })
    return new PhoneProcess(child, await next(child, 'ready'))
  }

  async scan(qr: string): Promise<void> {
    await this.ask({ call: 'scan', qr }, 'scanned')
  }

  /** Contacts write one message after another from now on. */
  async write(everyMs: number): Promise<void> {
    await this.ask({ call: 'write', everyMs }, 'writing')
  }

  /** Contacts stop writing; tells what they wrote, and when the first chunk was announced. */
  rest(): Promise<Answer<'rested'>> {
    return this.ask({ call: 'rest' }, 'rested')
  }

  async truth(): Promise<ReadonlyArray<ChatTruth>> {
    return (await this.ask({ call: 'truth' }, 'truth')).chats
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    await new Promise(resolve => {
      this.child.once('exit', resolve)
      this.child.disconnect()
    })
  }

  private ask<Name extends FromPhone['answer']>(call: ToPhone, name: Name): Promise<Answer<Name>> {
    const answer = next(this.child, name)
    this.child.send(call)
    return answer
  }
}

const isAnswer = <Name extends FromPhone['answer']>(given: FromPhone, name: Name): given is Answer<Name> =>
  given.answer === name

const next = <Name extends FromPhone['answer']>(child: ChildProcess, name: Name): Promise<Answer<Name>> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the simulated phone ended'))
    child.once('exit', ended)
    child.once('message', (given: FromPhone) => {
      child.off('exit', ended)
      if (isAnswer(given, name)) resolve(given)
      else reject(new Error(given.answer === 'failed' ? given.reason : `the phone answered ${given.answer}`))
    })
  })
