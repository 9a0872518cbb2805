// A webhook: where it goes, how that is going, and what can be done with it.
import { useSignal } from '@preact/signals'
import type { Webhook } from '../../../client/index.ts'
import { relative } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Notice } from '../../parts/notice.tsx'
import { client } from '../../session.ts'
import { accountOf } from '../../state/accounts.ts'
import { tellDone, tellFailure } from '../../toasts.ts'
import { WebhookForm } from './webhook-form.tsx'
import { DeadLetters, Deliveries, Replay } from './webhook-log.tsx'

type Opened = 'deliveries' | 'deadLetters' | 'replay' | 'change' | 'renew' | 'delete'

interface CardProps {
  readonly webhook: Webhook
  readonly onChanged: () => void
  /** It has another secret, which is to be shown. */
  readonly onSecret: (secret: string) => void
}

const test = async ({ onChanged, webhook: { webhookId } }: CardProps): Promise<void> => {
  const { isTaken, milliseconds, reason, status } = await client().call('webhooks.test', { webhookId })
  if (isTaken) tellDone(t('webhooks.taken', { status: status ?? 0, ms: milliseconds }))
  else tellFailure(t('webhooks.notTaken', { reason: reason ?? String(status ?? '') }))
  onChanged()
}

const renew = async ({ onSecret, webhook: { webhookId } }: CardProps): Promise<void> => {
  const { secret } = await client().call('webhooks.renewSecret', { webhookId, body: {} })
  onSecret(secret)
}

/** The dialog about it that is open. */
const Opened = ({
  onClose,
  opened,
  ...props
}: CardProps & { readonly opened: Opened | undefined; readonly onClose: () => void }) => {
  const { onChanged, webhook } = props
  const { name, webhookId } = webhook
  switch (opened) {
    case undefined:
      return null
    case 'change':
      return (
        <WebhookForm
          webhook={webhook}
          onClose={onClose}
          onDone={() => {
            onClose()
            onChanged()
          }}
        />
      )
    case 'renew':
      return (
        <Confirm
          title={`${t('keys.rotate')}: ${name}`}
          text={t('webhooks.renewText')}
          action={t('keys.rotate')}
          onConfirm={() => renew(props)}
          onClose={onClose}
        />
      )
    case 'delete':
      return (
        <Confirm
          title={t('delete.title', { name })}
          text={t('webhooks.deleteText')}
          action={t('account.delete')}
          onConfirm={async () => {
            await client().call('webhooks.delete', { webhookId })
            onChanged()
          }}
          onClose={onClose}
        />
      )
    case 'deliveries':
    case 'deadLetters':
    case 'replay':
      return (
        <Dialog title={t(`webhooks.${opened}`)} onClose={onClose} wide>
          {opened === 'deliveries' && <Deliveries webhook={webhook} />}
          {opened === 'deadLetters' && <DeadLetters webhook={webhook} />}
          {opened === 'replay' && <Replay webhook={webhook} onClose={onClose} />}
        </Dialog>
      )
  }
}

export const WebhookCard = (props: CardProps) => {
  const { onChanged, webhook } = props
  const opened = useSignal<Opened | undefined>(undefined)
  const close = (): void => void (opened.value = undefined)
  const {
    accountId,
    deadLetters,
    failingLanes,
    name,
    nextAttemptAt,
    oldestWaitingAt,
    reason,
    state,
    types,
    url,
    waiting,
    webhookId
  } = webhook
  const turnTo = async (next: 'active' | 'paused'): Promise<void> => {
    await client().call('webhooks.change', { webhookId, body: { state: next } })
    onChanged()
  }
  return (
    <article class="card flat" aria-label={name}>
      <header>
        <div>
          <h2>
            <bdi>{name}</bdi> <span class={`tag ${state}`}>{t(`webhooks.${state}`)}</span>
          </h2>
          <p class="soft small" dir="ltr">
            {url}
          </p>
          <p class="soft small">
            {accountId === null ? t('keys.all') : (accountOf(accountId)?.name ?? accountId)} ·{' '}
            <code>{types.length === 0 ? '*' : types.join(' ')}</code>
          </p>
        </div>
        <Menu
          label={t('account.more', { name })}
          items={[
            state === 'active'
              ? { icon: 'pause', label: t('webhooks.pause'), onSelect: () => turnTo('paused') }
              : { icon: 'play', label: t('webhooks.resume'), onSelect: () => turnTo('active') },
            { icon: 'history', label: t('webhooks.replay'), onSelect: () => void (opened.value = 'replay') },
            { icon: 'edit', label: t('webhooks.change'), onSelect: () => void (opened.value = 'change') },
            { icon: 'key', label: t('keys.rotate'), onSelect: () => void (opened.value = 'renew') },
            {
              icon: 'trash',
              label: t('account.delete'),
              isDanger: true,
              onSelect: () => void (opened.value = 'delete')
            }
          ]}
        />
      </header>
      {reason !== null && <Notice kind="bad">{reason}</Notice>}
      <p class="small">
        {t('webhooks.waiting', { count: waiting })}
        {oldestWaitingAt !== null && ` · ${t('webhooks.oldest', { when: relative(oldestWaitingAt) })}`}
        {failingLanes > 0 && ` · ${t('webhooks.failing', { count: failingLanes })}`}
        {nextAttemptAt !== null && ` · ${t('webhooks.next', { when: relative(nextAttemptAt) })}`}
      </p>
      <div class="row-buttons">
        {state !== 'active' && (
          <Button icon="play" onClick={() => turnTo('active')}>
            {t('webhooks.resume')}
          </Button>
        )}
        <Button onClick={() => test(props)}>{t('webhooks.test')}</Button>
        <Button look="quiet" onClick={() => void (opened.value = 'deliveries')}>
          {t('webhooks.deliveries')}
        </Button>
        <Button look="quiet" onClick={() => void (opened.value = 'deadLetters')}>
          {t('webhooks.deadLetters')} ({deadLetters})
        </Button>
      </div>
      <Opened {...props} opened={opened.value} onClose={close} />
    </article>
  )
}
