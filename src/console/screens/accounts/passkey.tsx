// WhatsApp asks for the owner's passkey: it works on web.whatsapp.com only, so the answer is brought from there.
import { useSignal } from '@preact/signals'
import type { Account, Passkey, PasskeyAssertion } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/clipboard.ts'
import { Failure, Notice } from '../../parts/notice.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { client } from '../../session.ts'
import { attempt } from '../../toasts.ts'

const isAssertion = (value: unknown): value is PasskeyAssertion =>
  typeof value === 'object' && value !== null && 'rawId' in value && 'response' in value

const parsed = (text: string): PasskeyAssertion | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isAssertion(value) ? value : undefined
  } catch {
    return undefined
  }
}

const Bring = ({ accountId, passkey }: { readonly accountId: string; readonly passkey: Passkey }) => {
  const answer = useSignal('')
  const assertion = parsed(answer.value)
  return (
    <>
      {passkey.refusal !== null && <Notice kind="bad">{passkey.refusal}</Notice>}
      <p>{t('passkey.text')}</p>
      <ol class="steps">
        <li>
          {t('passkey.step1')}{' '}
          <Button icon="copy" onClick={() => copyText(passkey.script)}>
            {t('passkey.copy')}
          </Button>
        </li>
        <li>{t('passkey.step2')}</li>
        <li>{t('passkey.step3')}</li>
      </ol>
      <label class="field">
        <span>{t('passkey.answer')}</span>
        <textarea
          rows={4}
          dir="ltr"
          spellcheck={false}
          aria-invalid={answer.value !== '' && assertion === undefined}
          value={answer.value}
          onInput={({ currentTarget }) => (answer.value = currentTarget.value)}
        />
      </label>
      <p class="soft small">{t('passkey.safe')}</p>
      <Button
        look="main"
        disabled={assertion === undefined}
        onClick={() =>
          assertion && attempt(() => client().call('passkey.assertPasskey', { accountId, body: assertion }))
        }
      >
        {t('passkey.submit')}
      </Button>
    </>
  )
}

const Compare = ({ accountId, code }: { readonly accountId: string; readonly code: string }) => (
  <>
    <p>{t('passkey.compare')}</p>
    <output class="pairing-code" dir="ltr">
      {code}
    </output>
    <footer>
      <Button look="danger" onClick={() => client().call('accounts.disconnect', { accountId })}>
        {t('passkey.different')}
      </Button>
      <Button look="main" onClick={() => client().call('passkey.confirmPasskey', { accountId })}>
        {t('passkey.same')}
      </Button>
    </footer>
  </>
)

export const PasskeyView = ({ account: { accountId, state } }: { readonly account: Account }) => {
  const { state: loaded } = useLoaded(
    () => client().call('passkey.passkey', { accountId }),
    [accountId, state]
  )
  const { error, value: passkey } = loaded.value
  if (error !== undefined && passkey === undefined) return <Failure error={error} />
  if (passkey?.step === 'requested') return <Bring accountId={accountId} passkey={passkey} />
  if (passkey?.step === 'confirming' && passkey.code !== null && !passkey.isConfirmed)
    return <Compare accountId={accountId} code={passkey.code} />
  return (
    <p class="waiting" role="status">
      {t('passkey.phone')}
    </p>
  )
}
