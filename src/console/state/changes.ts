// A number that grows when something that a list shows may have changed: the list is then read again.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Change, onChange, onComeback } from '../events.ts'
import { paced } from './pacing.ts'

const PACE_MS = 1000

export const useChanges = (concerns: (change: Change) => boolean): number => {
  const turn = useSignal(0)
  useEffect(() => {
    const next = paced(PACE_MS, async () => {
      turn.value += 1
    })
    const stops = [
      onChange(change => {
        if (concerns(change)) next('')
      }),
      onComeback(() => next(''))
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])
  return turn.value
}
