// What happened to the chat itself, as a line between the messages.
import type { Message } from '../../../client/index.ts'
import { list } from '../../format.ts'
import { t, tMaybe } from '../../i18n/i18n.ts'
import { personName } from '../../state/people.ts'

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')

const textOf = ({ body, direction, event, sender }: Message): string => {
  const known = event === null ? undefined : tMaybe(`system.${event.kind}`)
  if (event === null || known === undefined) return body ?? event?.kind ?? t('system.unknown')
  return fill(known, {
    who: direction === 'outbound' ? t('you') : personName(sender),
    people: list(event.people.map(personName)),
    value: event.value ?? ''
  })
}

export const SystemLine = ({ message }: { readonly message: Message }) => (
  <p class="system-line" dir="auto">
    {textOf(message)}
  </p>
)
