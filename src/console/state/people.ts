// What people are called, as far as the messages that are shown say it.
import { signal } from '@preact/signals'
import type { Message } from '../../client/index.ts'
import { address } from '../format.ts'
import { t } from '../i18n/i18n.ts'

const names = signal<ReadonlyMap<string, string>>(new Map())

export const learnNames = (messages: ReadonlyArray<Message>): void => {
  const fresh = messages.filter(
    ({ sender, senderName }) =>
      sender !== null && senderName !== null && names.peek().get(sender) !== senderName
  )
  if (fresh.length === 0) return
  const next = new Map(names.peek())
  for (const { sender, senderName } of fresh) next.set(sender ?? '', senderName ?? '')
  names.value = next
}

/** `me` is the account itself. */
export const personName = (jid: string | null): string =>
  jid === null || jid === 'me' ? t('you') : (names.value.get(jid) ?? address(jid))
