// A new webhook, or another address, name, format and choice of events for one that is there.
import { useSignal } from '@preact/signals'
import type { NewWebhook, Webhook } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
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
      <label class="field">
        <span>{t('webhooks.url')}</span>
        <input
          autofocus
          type="url"
          dir="ltr"
          value={url}
          onInput={({ currentTarget }) => set({ url: currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>{t('webhooks.name')}</span>
        <input value={name} onInput={({ currentTarget }) => set({ name: currentTarget.value })} />
      </label>
      {webhook === undefined && (
        <label class="field">
          <span>{t('activity.account')}</span>
          <select value={accountId} onChange={({ currentTarget }) => set({ accountId: currentTarget.value })}>
            {mayAll('operator') && <option value="">{t('keys.all')}</option>}
            {accounts.value.map(one => (
              <option key={one.accountId} value={one.accountId}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>{t('webhooks.types')}</span>
        <input
          dir="ltr"
          placeholder="message.* account.*"
          value={types}
          onInput={({ currentTarget }) => set({ types: currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>{t('webhooks.format')}</span>
        <select
          value={format}
          onChange={({ currentTarget: { value } }) =>
            set({ format: FORMATS.find(one => one === value) ?? 'backscroll' })
          }
        >
          {FORMATS.map(one => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="main" disabled={!URL.canParse(url.trim())} onClick={save}>
          {t(webhook === undefined ? 'webhooks.create' : 'save')}
        </Button>
      </footer>
    </Dialog>
  )
}
