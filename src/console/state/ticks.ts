// A number that grows as time passes, for what changes without an event.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** Every so many milliseconds, as long as the page is looked at. */
export const useTicks = (ms: number): number => {
  const turn = useSignal(0)
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') turn.value += 1
    }, ms)
    return () => clearInterval(timer)
  }, [ms])
  return turn.value
}
