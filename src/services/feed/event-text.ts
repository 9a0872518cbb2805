// Events in JSON: many subscribers are sent the same one.
import type { CloudEvent } from '../../domain/cloud-event.ts'

const texts = new WeakMap<CloudEvent, string>()

export const textOf = (event: CloudEvent): string => {
  const known = texts.get(event)
  if (known !== undefined) return known
  const text = JSON.stringify(event)
  texts.set(event, text)
  return text
}
