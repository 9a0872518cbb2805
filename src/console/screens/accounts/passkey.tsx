// WhatsApp asks for the owner's passkey: it works on web.whatsapp.com only, so the answer is brought from there.
import { useSignal } from '@preact/signals'
import type { Account, Passkey, PasskeyAssertion } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/clipboard.ts'
import { AreaField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { Failure, Notice } from '../../parts/notice.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { client } from '../../session.ts'

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
      <Form
        action={t('passkey.submit')}
        lackOf={() =>
          parsed(answer.value) === undefined ? { field: 'answer', lack: t('lack.answer') } : undefined
        }
        onSubmit={async () => {
          const body = parsed(answer.value)
          if (body !== undefined) await client().call('passkey.assertPasskey', { accountId, body })
        }}
      >
        <AreaField
          name="answer"
          label={t('passkey.answer')}
          rows={4}
          dir="ltr"
          value={answer.value}
          onInput={value => void (answer.value = value)}
        />
        <p class="soft small">{t('passkey.safe')}</p>
      </Form>
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
