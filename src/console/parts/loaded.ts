// Something that is read from the server when it is shown, and read again when it has changed.
import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useCallback, useEffect } from 'preact/hooks'

export interface Loaded<A> {
  readonly value: A | undefined
  readonly error: unknown
}

/** Reads anew whenever one of `on` changes; `reload` reads the same again, and what was read before stays until then. */
export const useLoaded = <A>(
  read: () => Promise<A>,
  on: ReadonlyArray<unknown>
): { readonly state: ReadonlySignal<Loaded<A>>; readonly reload: () => Promise<void> } => {
  const state = useSignal<Loaded<A>>({ value: undefined, error: undefined })
  const reload = useCallback(async () => {
    try {
      state.value = { value: await read(), error: undefined }
    } catch (error) {
      state.value = { value: state.value.value, error }
    }
  }, on)
  useEffect(() => {
    let isCurrent = true
    state.value = { value: undefined, error: undefined }
    read().then(
      value => void (isCurrent && (state.value = { value, error: undefined })),
      (error: unknown) => void (isCurrent && (state.value = { value: undefined, error }))
    )
    return () => {
      isCurrent = false
    }
  }, on)
  return { state, reload }
}
