// Signing in with a key. It stays in this tab.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { troubleOf } from '../errors.ts'
import { t } from '../i18n/i18n.ts'
import { Mark } from '../parts/brand.tsx'
import { isRefused, signIn } from '../session.ts'

export const SignIn = () => {
  const key = useSignal('')
  const trouble = useSignal(isRefused.value ? t('error.unauthorized') : '')
  const isBusy = useSignal(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const submit = async (): Promise<void> => {
    if (isBusy.value) return
    if (key.value.trim() === '') {
      trouble.value = t('lack.key')
      return input.current?.focus()
    }
    isBusy.value = true
    trouble.value = ''
    try {
      await signIn(key.value.trim())
    } catch (error) {
      trouble.value = troubleOf(error).advice
      input.current?.focus()
    }
    isBusy.value = false
  }
  return (
    <main class="sign-in">
      <form
        noValidate
        onSubmit={event => {
          event.preventDefault()
          void submit()
        }}
      >
        <Mark size={56} />
        <h1>Backscroll</h1>
        <p class="lead">{t('signIn.lead')}</p>
        <input
          class="hidden-text"
          autocomplete="username"
          value="backscroll"
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <label for="key">{t('signIn.key')}</label>
        <input
          ref={input}
          id="key"
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          aria-describedby="key-hint"
          aria-invalid={trouble.value !== ''}
          value={key.value}
          onInput={({ currentTarget }) => (key.value = currentTarget.value)}
        />
        {trouble.value !== '' && (
          <p class="field-trouble" role="alert">
            {trouble.value}
          </p>
        )}
        <button type="submit" class="button main" aria-busy={isBusy.value}>
          <span>{t('signIn.submit')}</span>
        </button>
        <p id="key-hint" class="soft small">
          {t('signIn.hint')}
        </p>
      </form>
    </main>
  )
}
