// What is pinned in the chat, above its messages: a press goes to it, the next one to the pin before.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { number } from '../../format.ts'
import { Icon } from '../../parts/icon.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { previewOf } from './preview.ts'

export const PinnedBar = ({ conversation }: { readonly conversation: Conversation }) => {
  const turn = useSignal(0)
  const pins = conversation.pins.value.filter(({ until }) => until > Date.now())
  const at = turn.value % Math.max(1, pins.length)
  const message = pins[at]?.message
  if (message === undefined) return null
  return (
    <button
      type="button"
      class="pinned-bar"
      onClick={() => {
        turn.value += 1
        void conversation.goTo(message.messageId)
      }}
    >
      <Icon name="pin" size={16} />
      <span class="hidden-text">{t('pin.bar')}</span>
      <span dir="auto">{previewOf(message.body ?? `[${message.type}]`)}</span>
      {pins.length > 1 && (
        <span class="soft small">
          {number(at + 1)}/{number(pins.length)}
        </span>
      )}
    </button>
  )
}
