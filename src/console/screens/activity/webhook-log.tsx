// What a webhook was sent, what was given up, and sending it again.
import { useSignal } from '@preact/signals'
import type { DeadLetter, Webhook } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure, NotRefreshed } from '../../parts/notice.tsx'
import { Table } from '../../parts/table.tsx'
import { client } from '../../session.ts'
import { tellDone } from '../../toasts.ts'
import { localInput } from '../conversations/later.tsx'

const DAY = 86_400_000

export const Deliveries = ({ webhook: { webhookId } }: { readonly webhook: Webhook }) => {
  const { reload, state } = useLoaded(
    () => client().call('webhooks.deliveries', { webhookId, limit: 100 }),
    [webhookId]
  )
  const { error, value } = state.value
  if (error !== undefined) return <Failure error={error} retry={reload} />
  if (value === undefined) return <p class="waiting">{t('loading')}</p>
  return (
    <Table
      label={t('webhooks.deliveries')}
      rows={value.deliveries}
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

const GivenUp = ({
  letters,
  onReplayed,
  webhookId
}: {
  readonly webhookId: string
  readonly letters: ReadonlyArray<DeadLetter>
  readonly onReplayed: () => Promise<void>
}) => (
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
        await onReplayed()
      }}
    >
      {t('webhooks.replayDeadLetters')}
    </Button>
  </>
)

export const DeadLetters = ({ webhook: { webhookId } }: { readonly webhook: Webhook }) => {
  const { reload, state } = useLoaded(
    () => client().call('webhooks.deadLetters', { webhookId, limit: 100 }),
    [webhookId]
  )
  const { error, value } = state.value
  if (value === undefined)
    return error === undefined ? (
      <p class="waiting">{t('loading')}</p>
    ) : (
      <Failure error={error} retry={reload} />
    )
  const { deadLetters: letters } = value
  return (
    <>
      <NotRefreshed error={error} />
      {letters.length === 0 ? (
        <p class="soft">{t('webhooks.noDeadLetters')}</p>
      ) : (
        <GivenUp webhookId={webhookId} letters={letters} onReplayed={reload} />
      )}
    </>
  )
}

export const Replay = ({
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
      <Form
        action={t('webhooks.replay')}
        lackOf={() => (Number.isNaN(at) ? { field: 'since', lack: t('lack.time') } : undefined)}
        onSubmit={async () => {
          const { events } = await client().call('webhooks.replay', { webhookId, body: { since: at } })
          tellDone(t('webhooks.replayed', { count: events }))
          onClose()
        }}
        onCancel={onClose}
      >
        <TextField
          name="since"
          label={t('column.since')}
          type="datetime-local"
          autofocus
          value={since.value}
          onInput={value => void (since.value = value)}
        />
      </Form>
    </>
  )
}
