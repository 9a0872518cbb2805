// Webhooks: where events go, how that is going, and what was given up.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Empty, Notice } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { client } from '../../session.ts'
import { useChanges } from '../../state/changes.ts'
import { useTicks } from '../../state/ticks.ts'
import { SecretView } from './secret.tsx'
import { WebhookCard } from './webhook-card.tsx'
import { WebhookForm } from './webhook-form.tsx'

/** Deliveries have no events of their own. */
const REFRESH_MS = 5000

export const Webhooks = () => {
  const isMaking = useSignal(false)
  const secret = useSignal('')
  const turn = useSignal(0)
  const passed = useTicks(REFRESH_MS)
  // That one is disabled, or has given something up, is an incident.
  const incidents = useChanges(({ what }) => what === 'incident')
  const again = (): void => void (turn.value += 1)
  return (
    <>
      <div class="list-head">
        <p class="soft">{t('webhooks.text')}</p>
        <Button look="main" icon="plus" onClick={() => void (isMaking.value = true)}>
          {t('webhooks.new')}
        </Button>
      </div>
      <Paged
        of={[]}
        on={[turn.value, passed, incidents]}
        read={async () => ({ items: (await client().call('webhooks.list')).webhooks, next: null })}
        empty={
          <Empty icon="bolt" title={t('webhooks.emptyTitle')}>
            <p>{t('webhooks.emptyText')}</p>
          </Empty>
        }
      >
        {webhooks => (
          <div class="stack">
            {webhooks.map(webhook => (
              <WebhookCard
                key={webhook.webhookId}
                webhook={webhook}
                onChanged={again}
                onSecret={made => void (secret.value = made)}
              />
            ))}
          </div>
        )}
      </Paged>
      {isMaking.value && (
        <WebhookForm
          webhook={undefined}
          onClose={() => void (isMaking.value = false)}
          onDone={(made = '') => {
            isMaking.value = false
            secret.value = made
            again()
          }}
        />
      )}
      {secret.value !== '' && (
        <Dialog title={t('webhooks.secret')} onClose={() => void (secret.value = '')}>
          <Notice kind="info" icon="key">
            {t('webhooks.secretText')}
          </Notice>
          <SecretView text={secret.value} />
        </Dialog>
      )}
    </>
  )
}
