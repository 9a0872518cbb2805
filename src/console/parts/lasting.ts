// What is over for a moment only, because the next part of it is about to come.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** Whether it is so, or was within this time. */
export const useLasting = (is: boolean, ms: number): boolean => {
  const was = useSignal(is)
  useEffect(() => {
    if (is) {
      was.value = true
      return undefined
    }
    const timer = setTimeout(() => void (was.value = false), ms)
    return () => clearTimeout(timer)
  }, [is, ms])
  return is || was.value
}
