// Something that is read from the server when it is shown, and read again when it has changed.
import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks'

export interface Loaded<A> {
  readonly value: A | undefined
  readonly error: unknown
}

/** Readings that may overlap: an answer is taken unless one of a later reading was, or another thing is read by now. */
export class Readings<A> {
  private begun = 0
  private taken = 0
  private readonly state: Signal<Loaded<A>>

  constructor(state: Signal<Loaded<A>>) {
    this.state = state
  }

  /** Takes no answer of the readings that are under way. */
  forget(): void {
    this.taken = this.begun
  }

  /** Reads another thing than before. */
  async anew(read: () => Promise<A>): Promise<void> {
    this.forget()
    this.state.value = { value: undefined, error: undefined }
    await this.again(read)
  }

  /** Reads the same once more: what is known of it stays until there is an answer, and when there is none. */
  async again(read: () => Promise<A>): Promise<void> {
    const reading = ++this.begun
    try {
      const value = await read()
      if (reading <= this.taken) return
      this.taken = reading
      this.state.value = { value, error: undefined }
    } catch (error) {
      if (reading > this.taken) this.state.value = { value: this.state.peek().value, error }
    }
  }
}

/** Reads anew whenever one of `on` changes; `reload` reads the same again, and what was read before stays until then. */
export const useLoaded = <A>(
  read: () => Promise<A>,
  on: ReadonlyArray<unknown>
): { readonly state: ReadonlySignal<Loaded<A>>; readonly reload: () => Promise<void> } => {
  const state = useSignal<Loaded<A>>({ value: undefined, error: undefined })
  const readings = useMemo(() => new Readings(state), [state])
  // An action that began before another thing was chosen reloads what is shown now.
  const shown = useRef(read)
  shown.current = read
  const reload = useCallback(() => readings.again(() => shown.current()), [readings])
  useEffect(() => {
    void readings.anew(read)
    return () => readings.forget()
  }, on)
  return { state, reload }
}
