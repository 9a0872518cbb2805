// Contact cards: one, or several in one message.
import { useSignal } from '@preact/signals'
import { t } from '../../../i18n/i18n.ts'
import { Button } from '../../../parts/button.tsx'
import { Field, type FormProps } from './field.tsx'

interface Card {
  readonly name: string
  readonly phone: string
}

const NO_CARD: Card = { name: '', phone: '' }

const isEmpty = ({ name, phone }: Card): boolean => name.trim() === '' && phone.trim() === ''

export const ContactForm = ({ onChange }: FormProps) => {
  const cards = useSignal<ReadonlyArray<Card>>([NO_CARD])
  const change = (index: number, change: Partial<Card>): void => {
    cards.value = cards.value.map((card, at) => (at === index ? { ...card, ...change } : card))
    const contacts = cards.value
      .filter(card => !isEmpty(card))
      .map(({ name, phone }) => ({ name: name.trim(), phoneNumber: phone.replaceAll(/[^\d+]/g, '') }))
    const isComplete =
      contacts.length > 0 && contacts.every(({ name, phoneNumber }) => name !== '' && phoneNumber.length > 5)
    onChange(isComplete ? { contacts } : undefined)
  }
  return (
    <>
      {cards.value.map(({ name, phone }, index) => (
        <div key={index} class="field-pair">
          <Field label={t('contact.name')} value={name} onInput={value => change(index, { name: value })} />
          <Field
            label={t('contact.phone')}
            type="tel"
            value={phone}
            onInput={value => change(index, { phone: value })}
          />
        </div>
      ))}
      <div>
        <Button look="quiet" icon="plus" onClick={() => void (cards.value = [...cards.value, NO_CARD])}>
          {t('contact.another')}
        </Button>
      </div>
    </>
  )
}
