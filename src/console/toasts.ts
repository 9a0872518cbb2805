// Short notices at the edge of the window: what was done, and what did not work.
import { signal } from '@preact/signals'
import { troubleOf } from './errors.ts'

export interface Toast {
  readonly id: number
  readonly kind: 'done' | 'trouble'
  readonly title: string
  readonly text: string
}

const SHOWN_MS = { done: 4000, trouble: 12_000 } as const

export const toasts = signal<ReadonlyArray<Toast>>([])
let nextId = 1

export const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter(toast => toast.id !== id)
}

const show = (kind: Toast['kind'], title: string, text: string): void => {
  const id = nextId
  nextId += 1
  toasts.value = [...toasts.value.slice(-2), { id, kind, title, text }]
  setTimeout(() => dismiss(id), SHOWN_MS[kind])
}

export const tellDone = (title: string): void => show('done', title, '')

/** What did not go well although the server did what it was asked. */
export const tellFailure = (title: string): void => show('trouble', title, '')

export const tellTrouble = (error: unknown): void => {
  const { advice, title } = troubleOf(error)
  show('trouble', title, advice)
}

/** Does it, and tells when it does not work. */
export const attempt = async <A>(work: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await work()
  } catch (error) {
    tellTrouble(error)
    return undefined
  }
}
