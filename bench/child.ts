// A process of its own that answers questions: what is measured must not share a processor's time slice or a heap with what
// it is measured against. Both sides of Node's IPC.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

interface Question {
  readonly id: number
  readonly call: string
  readonly given: unknown
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: string }

/** Questions by name: what is given, and what is answered. */
export type Questions = Readonly<Record<string, (given: never) => Promise<unknown>>>

export class Child<Q extends Questions> {
  private readonly child: ChildProcess
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>()
  private asked = 0

  constructor(file: string, options: { readonly execArgv?: ReadonlyArray<string> } = {}) {
    this.child = fork(join(import.meta.dirname, file), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [...(options.execArgv ?? [])]
    })
    this.child.on('message', (answer: Answer) => {
      const { reject, resolve } = this.waiting.get(answer.id) ?? {}
      this.waiting.delete(answer.id)
      if ('failure' in answer) reject?.(new Error(answer.failure))
      else resolve?.(answer.value)
    })
    this.child.once('exit', code => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${file} ended with ${String(code)}`))
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  ask<Name extends string & keyof Q>(
    call: Name,
    given: Parameters<Q[Name]>[0]
  ): Promise<Awaited<ReturnType<Q[Name]>>> {
    const id = (this.asked += 1)
    const waiting = Promise.withResolvers<unknown>()
    this.waiting.set(id, waiting)
    this.child.send({ id, call, given } satisfies Question)
    // The other side answers each question by its own type.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return waiting.promise as Promise<Awaited<ReturnType<Q[Name]>>>
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    await new Promise(resolve => {
      this.child.once('exit', resolve)
      this.child.disconnect()
    })
  }
}

/** The answering side: the process ends with the one that asks. */
export const answer = <Q extends Questions>(answers: Q): void => {
  process.on('message', ({ call, given, id }: Question) => {
    const known = answers[call]
    const answering =
      known === undefined ? Promise.reject(new Error(`There is no question ${call}`)) : known(given as never)
    answering.then(
      value => process.send?.({ id, value } satisfies Answer),
      (error: unknown) =>
        process.send?.({
          id,
          failure: error instanceof Error ? error.message : String(error)
        } satisfies Answer)
    )
  })
  process.on('disconnect', () => process.exit(0))
}
