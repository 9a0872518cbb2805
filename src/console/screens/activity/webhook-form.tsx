// A new webhook, or another address, name, format and choice of events for one that is there.
import { useSignal } from '@preact/signals'
import type { NewWebhook, Webhook } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { ChoiceField, TextField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { isWebAddress } from '../../parts/written.ts'
import { client, mayAll } from '../../session.ts'
import { accounts } from '../../state/accounts.ts'

/** In which form events are delivered: our own, or that of another server. */
const FORMATS = ['backscroll', 'evolution', 'waha', 'baileys-raw'] as const

interface FormProps {
  /** `undefined` for a new one. */
  readonly webhook: Webhook | undefined
  readonly onClose: () => void
  /** With the secret of a new one. */
  readonly onDone: (secret?: string) => void
}

interface Fields {
  readonly url: string
  readonly name: string
  readonly accountId: string
  readonly types: string
  readonly format: Webhook['format']
}

/** A key for some accounts makes webhooks for these. */
const firstAccount = (): string => (mayAll('operator') ? '' : (accounts.value[0]?.accountId ?? ''))

const fieldsOf = (webhook: Webhook | undefined): Fields => ({
  url: webhook?.url ?? 'https://',
  name: webhook?.name ?? '',
  accountId: webhook === undefined ? firstAccount() : (webhook.accountId ?? ''),
  types: webhook?.types.join(' ') ?? '',
  format: webhook?.format ?? 'backscroll'
})

const bodyOf = ({ format, name, types, url }: Fields): NewWebhook => ({
  url: url.trim(),
  format,
  types: types.split(/[\s,]+/).filter(text => text !== ''),
  ...(name.trim() === '' ? {} : { name: name.trim() })
})

export const WebhookForm = ({ onClose, onDone, webhook }: FormProps) => {
  const fields = useSignal(fieldsOf(webhook))
  const set = (change: Partial<Fields>): void => void (fields.value = { ...fields.value, ...change })
  const { accountId, format, name, types, url } = fields.value
  const save = async (): Promise<void> => {
    const body = bodyOf(fields.value)
    if (webhook === undefined) {
      const only = accountId === '' ? {} : { accountId }
      onDone((await client().call('webhooks.create', { body: { ...body, ...only } })).secret)
    } else {
      await client().call('webhooks.change', { webhookId: webhook.webhookId, body })
      onDone()
    }
  }
  return (
    <Dialog title={t(webhook === undefined ? 'webhooks.new' : 'webhooks.change')} onClose={onClose}>
      <Form
        action={t(webhook === undefined ? 'webhooks.create' : 'save')}
        lackOf={() => (isWebAddress(url.trim()) ? undefined : { field: 'url', lack: t('lack.url') })}
        onSubmit={save}
        onCancel={onClose}
      >
        <TextField
          name="url"
          label={t('webhooks.url')}
          autofocus
          type="url"
          dir="ltr"
          value={url}
          onInput={value => set({ url: value })}
        />
        <TextField
          name="name"
          label={t('webhooks.name')}
          maxLength={100}
          value={name}
          onInput={value => set({ name: value })}
        />
        {webhook === undefined && (
          <ChoiceField
            label={t('activity.account')}
            value={accountId}
            options={[
              ...(mayAll('operator') ? [['', t('keys.all')] as const] : []),
              ...accounts.value.map(one => [one.accountId, one.name] as const)
            ]}
            onChange={value => set({ accountId: value })}
          />
        )}
        <TextField
          name="types"
          label={t('webhooks.types')}
          dir="ltr"
          placeholder="message.* account.*"
          value={types}
          onInput={value => set({ types: value })}
        />
        <ChoiceField
          label={t('webhooks.format')}
          value={format}
          options={FORMATS.map(one => [one, one])}
          onChange={value => set({ format: value })}
        />
      </Form>
    </Dialog>
  )
}
