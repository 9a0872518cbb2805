// Linking a phone: how, the code that renews itself, the passkey where WhatsApp asks for one, and the end.
import { useSignal } from '@preact/signals'
import type { Account } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/clipboard.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Notice } from '../../parts/notice.tsx'
import { digitsOf } from '../../parts/written.ts'
import { client } from '../../session.ts'
import { isOnline, isPairing, putAccount } from '../../state/accounts.ts'
import { OfferView } from './offer.tsx'
import { PasskeyView } from './passkey.tsx'

interface LinkProps {
  readonly account: Account
}

const pair = async (accountId: string, phoneNumber?: string): Promise<void> => {
  const body =
    phoneNumber === undefined ? ({ method: 'qr' } as const) : ({ method: 'code', phoneNumber } as const)
  putAccount(await client().call('accounts.pair', { accountId, body }))
}

const isNumber = (text: string): boolean => /^\+?\d{7,15}$/.test(digitsOf(text))

const ByCode = ({ account: { accountId } }: LinkProps) => {
  const phone = useSignal('')
  return (
    <Form
      action={t('link.byCode')}
      look="plain"
      lackOf={() => (isNumber(phone.value) ? undefined : { field: 'number', lack: t('lack.number') })}
      onSubmit={() => pair(accountId, digitsOf(phone.value))}
    >
      <TextField
        name="number"
        label={t('link.number')}
        type="tel"
        dir="ltr"
        placeholder="+49 151 12345678"
        value={phone.value}
        onInput={value => void (phone.value = value)}
      />
    </Form>
  )
}

const Share = ({ account: { accountId } }: LinkProps) => {
  const link = useSignal<{ url: string; expiresAt: number } | undefined>(undefined)
  const share = async (): Promise<void> => {
    const { expiresAt, path } = await client().call('linkTickets.linkTicket', { accountId })
    link.value = { url: location.origin + path, expiresAt }
  }
  const { value: shared } = link
  if (shared === undefined)
    return (
      <Button icon="link" onClick={share}>
        {t('link.share')}
      </Button>
    )
  return (
    <div class="shared-link">
      <label class="field">
        <span>{t('link.shared', { when: dateTime(shared.expiresAt) })}</span>
        <input
          readOnly
          dir="ltr"
          value={shared.url}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      </label>
      <Button icon="copy" onClick={() => copyText(shared.url)}>
        {t('copy')}
      </Button>
    </div>
  )
}

const Choice = ({ account }: LinkProps) => (
  <>
    <p>{t('link.text')}</p>
    {account.pairingFailure && <Notice kind="bad">{account.pairingFailure.reason}</Notice>}
    <div class="choices">
      <section>
        <h3>{t('link.qrTitle')}</h3>
        <p class="soft">{t('link.qrText')}</p>
        <Button look="main" autofocus onClick={() => pair(account.accountId)}>
          {t('link.byQr')}
        </Button>
      </section>
      <section>
        <h3>{t('link.codeTitle')}</h3>
        <ByCode account={account} />
      </section>
      <section>
        <h3>{t('link.shareTitle')}</h3>
        <p class="soft">{t('link.shareText')}</p>
        <Share account={account} />
      </section>
    </div>
  </>
)

const Linked = ({ onClose }: { readonly onClose: () => void }) => (
  <div class="linked">
    <span class="linked-mark">
      <Icon name="check" size={40} />
    </span>
    <p>{t('link.done')}</p>
    <Button look="main" autofocus onClick={onClose}>
      {t('link.watch')}
    </Button>
  </div>
)

const Step = ({ account, onClose }: LinkProps & { readonly onClose: () => void }) => {
  if (isOnline(account)) return <Linked onClose={onClose} />
  if (account.state.startsWith('pairing.passkey')) return <PasskeyView account={account} />
  if (account.state === 'pairing') return <OfferView accountId={account.accountId} />
  if (account.state === 'connecting' || account.state === 'reconnecting')
    return (
      <p class="waiting" role="status">
        {t('link.almost')}
      </p>
    )
  return <Choice account={account} />
}

export const LinkDialog = ({ account, onClose }: LinkProps & { readonly onClose: () => void }) => (
  <Dialog title={t('link.title', { name: account.name })} onClose={onClose} wide>
    <Step account={account} onClose={onClose} />
    {isPairing(account) && (
      <footer>
        <Button
          look="quiet"
          onClick={async () => {
            putAccount(await client().call('accounts.disconnect', { accountId: account.accountId }))
          }}
        >
          {t('link.stop')}
        </Button>
      </footer>
    )}
  </Dialog>
)
