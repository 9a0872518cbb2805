// Pinning a message for everyone in the chat, for as long as WhatsApp offers.
import { inDays } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { pinned, send } from './acts.ts'

const DAYS = [1, 7, 30] as const
/** What phones suggest. */
const USUAL_DAYS = 7
const DAY_SECONDS = 86_400

export const PinDialog = ({ conversation }: { readonly conversation: Conversation }) => {
  const message = pinned.value
  if (message === undefined) return null
  const close = (): void => void (pinned.value = undefined)
  return (
    <Dialog title={t('message.pin')} onClose={close}>
      <p>{t('pin.text')}</p>
      <footer>
        {DAYS.map(days => (
          <Button
            key={days}
            autofocus={days === USUAL_DAYS}
            onClick={async () => {
              await send(conversation, { pin: { messageId: message.messageId, seconds: days * DAY_SECONDS } })
              close()
            }}
          >
            {inDays(days)}
          </Button>
        ))}
      </footer>
    </Dialog>
  )
}
