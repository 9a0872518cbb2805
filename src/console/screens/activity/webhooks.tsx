// Webhooks: where events go, how that is going, and what was given up.
import { useSignal } from '@preact/signals'
import type { Webhook } from '../../../client/index.ts'
import { dateTime, relative } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Menu } from '../../parts/menu.tsx'
import { Empty, Failure, Notice } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { Table } from '../../parts/table.tsx'
import { client } from '../../session.ts'
import { accountOf, accounts } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'
import { localInput } from '../conversations/later.tsx'
import { SecretView } from './secret.tsx'

const DAY = 86_400_000

const NewWebhook = ({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) => {
  const fields = useSignal({ url: 'https://', name: '', accountId: '', types: '' })
  const set = (name: keyof typeof fields.value, value: string): void =>
    void (fields.value = { ...fields.value, [name]: value })
  const { accountId, name, types, url } = fields.value
  const create = async (): Promise<void> => {
    const patterns = types.split(/[\s,]+/).filter(text => text !== '')
    const { secret } = await client().call('webhooks.create', {
      body: {
        url: url.trim(),
        ...(name.trim() === '' ? {} : { name: name.trim() }),
        ...(accountId === '' ? {} : { accountId }),
        ...(patterns.length === 0 ? {} : { types: patterns })
      }
    })
    onMade(secret)
  }
  return (
    <Dialog title={t('webhooks.new')} onClose={onClose}>
      <label class="field">
        <span>{t('webhooks.url')}</span>
        <input
          autofocus
          type="url"
          dir="ltr"
          value={url}
          onInput={({ currentTarget }) => set('url', currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{t('webhooks.name')}</span>
        <input value={name} onInput={({ currentTarget }) => set('name', currentTarget.value)} />
      </label>
      <label class="field">
        <span>{t('activity.account')}</span>
        <select value={accountId} onChange={({ currentTarget }) => set('accountId', currentTarget.value)}>
          <option value="">{t('keys.all')}</option>
          {accounts.value.map(one => (
            <option key={one.accountId} value={one.accountId}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t('webhooks.types')}</span>
        <input
          dir="ltr"
          placeholder="message.* account.*"
          value={types}
          onInput={({ currentTarget }) => set('types', currentTarget.value)}
        />
      </label>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="main" disabled={!URL.canParse(url.trim())} onClick={create}>
          {t('webhooks.create')}
        </Button>
      </footer>
    </Dialog>
  )
}

const Deliveries = ({ webhook: { webhookId } }: { readonly webhook: Webhook }) => {
  const { state } = useLoaded(
    () => client().call('webhooks.deliveries', { webhookId, limit: 100 }),
    [webhookId]
  )
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  return (
    <Table
      label={t('webhooks.deliveries')}
      rows={state.value.value?.deliveries ?? []}
      keyOf={({ deliveryId }) => String(deliveryId)}
      columns={[
        { name: t('column.when'), cell: ({ at }) => dateTime(at) },
        { name: t('column.what'), cell: ({ eventId, type }) => <code>{`${type} ${eventId}`}</code> },
        { name: t('column.attempts'), cell: ({ attempt }) => attempt },
        {
          name: t('column.answer'),
          cell: ({ answer, milliseconds, outcome, reason, status }) => (
            <>
              <span class={`tag ${outcome}`}>{t(`webhooks.${outcome}`)}</span> {reason ?? status ?? ''}{' '}
              {answer !== null && <bdi class="small">{answer}</bdi>}{' '}
              <span class="soft small">{milliseconds} ms</span>
            </>
          )
        }
      ]}
    />
  )
}

const DeadLetters = ({ webhook: { webhookId } }: { readonly webhook: Webhook }) => {
  const { reload, state } = useLoaded(
    () => client().call('webhooks.deadLetters', { webhookId, limit: 100 }),
    [webhookId]
  )
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  const letters = state.value.value?.deadLetters ?? []
  if (letters.length === 0) return <p class="soft">{t('webhooks.noDeadLetters')}</p>
  return (
    <>
      <Table
        label={t('webhooks.deadLetters')}
        rows={letters}
        keyOf={({ deadLetterId }) => String(deadLetterId)}
        columns={[
          { name: t('column.when'), cell: ({ at }) => dateTime(at) },
          { name: t('column.what'), cell: ({ eventId, type }) => <code>{`${type} ${eventId}`}</code> },
          { name: t('column.attempts'), cell: ({ attempts }) => attempts },
          { name: t('column.why'), cell: ({ answer, reason }) => `${reason ?? ''} ${answer ?? ''}` }
        ]}
      />
      <Button
        icon="history"
        onClick={async () => {
          const { events } = await client().call('webhooks.replayDeadLetters', { webhookId })
          tellDone(t('webhooks.replayed', { count: events }))
          await reload()
        }}
      >
        {t('webhooks.replayDeadLetters')}
      </Button>
    </>
  )
}

const Replay = ({
  onClose,
  webhook: { webhookId }
}: {
  readonly webhook: Webhook
  readonly onClose: () => void
}) => {
  const since = useSignal(localInput(Date.now() - DAY))
  const at = Date.parse(since.value)
  return (
    <>
      <p>{t('webhooks.replayText')}</p>
      <label class="field">
        <span>{t('column.since')}</span>
        <input
          type="datetime-local"
          value={since.value}
          onInput={({ currentTarget }) => (since.value = currentTarget.value)}
        />
      </label>
      <footer>
        <Button
          look="main"
          disabled={Number.isNaN(at)}
          onClick={async () => {
            const { events } = await client().call('webhooks.replay', { webhookId, body: { since: at } })
            tellDone(t('webhooks.replayed', { count: events }))
            onClose()
          }}
        >
          {t('webhooks.replay')}
        </Button>
      </footer>
    </>
  )
}

type Opened = 'deliveries' | 'deadLetters' | 'replay'

interface CardProps {
  readonly webhook: Webhook
  readonly onChanged: () => void
}

const test = async ({ onChanged, webhook: { webhookId } }: CardProps): Promise<void> => {
  const { isTaken, milliseconds, reason, status } = await client().call('webhooks.test', { webhookId })
  tellDone(
    isTaken
      ? t('webhooks.taken', { status: status ?? 0, ms: milliseconds })
      : t('webhooks.notTaken', { reason: reason ?? String(status ?? '') })
  )
  onChanged()
}

const WebhookCard = (props: CardProps) => {
  const { onChanged, webhook } = props
  const opened = useSignal<Opened | undefined>(undefined)
  const close = (): void => void (opened.value = undefined)
  const {
    accountId,
    deadLetters,
    failingLanes,
    name,
    nextAttemptAt,
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
              ? { icon: 'mute', label: t('webhooks.pause'), onSelect: () => turnTo('paused') }
              : { icon: 'play', label: t('webhooks.resume'), onSelect: () => turnTo('active') },
            { icon: 'history', label: t('webhooks.replay'), onSelect: () => void (opened.value = 'replay') },
            {
              icon: 'trash',
              label: t('account.delete'),
              isDanger: true,
              onSelect: async () => {
                await client().call('webhooks.delete', { webhookId })
                onChanged()
              }
            }
          ]}
        />
      </header>
      {reason !== null && <Notice kind="bad">{reason}</Notice>}
      <p class="small">
        {t('webhooks.waiting', { count: waiting })}
        {failingLanes > 0 && ` · ${t('webhooks.failing', { count: failingLanes })}`}
        {nextAttemptAt !== null && ` · ${t('webhooks.next', { when: relative(nextAttemptAt) })}`}
      </p>
      <div class="row-buttons">
        <Button onClick={() => test(props)}>{t('webhooks.test')}</Button>
        <Button look="quiet" onClick={() => void (opened.value = 'deliveries')}>
          {t('webhooks.deliveries')}
        </Button>
        <Button look="quiet" onClick={() => void (opened.value = 'deadLetters')}>
          {t('webhooks.deadLetters')} ({deadLetters})
        </Button>
      </div>
      {opened.value !== undefined && (
        <Dialog title={t(`webhooks.${opened.value}`)} onClose={close} wide>
          {opened.value === 'deliveries' && <Deliveries webhook={webhook} />}
          {opened.value === 'deadLetters' && <DeadLetters webhook={webhook} />}
          {opened.value === 'replay' && <Replay webhook={webhook} onClose={close} />}
        </Dialog>
      )}
    </article>
  )
}

export const Webhooks = () => {
  const isMaking = useSignal(false)
  const secret = useSignal('')
  const turn = useSignal(0)
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
        on={[turn.value]}
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
              <WebhookCard key={webhook.webhookId} webhook={webhook} onChanged={again} />
            ))}
          </div>
        )}
      </Paged>
      {isMaking.value && (
        <NewWebhook
          onClose={() => void (isMaking.value = false)}
          onMade={made => {
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
