// Contact cards: one, or several in one message.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { Button } from '../../../parts/button.tsx'
import { TextField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import { digitsOf } from '../../../parts/written.ts'
import type { FormProps } from './field.tsx'

interface Card {
  readonly name: string
  readonly phone: string
}

const NO_CARD: Card = { name: '', phone: '' }

const isEmpty = ({ name, phone }: Card): boolean => name.trim() === '' && phone.trim() === ''

const requestOf = (cards: ReadonlyArray<Card>): SendRequest | Lack => {
  const isAlone = cards.every(isEmpty)
  const wanted = (card: Card, index: number): boolean => !isEmpty(card) || (isAlone && index === 0)
  const unnamed = cards.findIndex((card, index) => wanted(card, index) && card.name.trim() === '')
  if (unnamed !== -1) return { field: `name${unnamed}`, lack: t('lack.name') }
  const unreachable = cards.findIndex(
    (card, index) => wanted(card, index) && !/^\+?\d{6,15}$/.test(digitsOf(card.phone))
  )
  if (unreachable !== -1) return { field: `phone${unreachable}`, lack: t('lack.number') }
  return {
    contacts: cards
      .filter(card => !isEmpty(card))
      .map(({ name, phone }) => ({ name: name.trim(), phoneNumber: digitsOf(phone) }))
  }
}

export const ContactForm = ({ reads }: FormProps) => {
  const cards = useSignal<ReadonlyArray<Card>>([NO_CARD])
  reads(() => requestOf(cards.value))
  const change = (index: number, change: Partial<Card>): void => {
    cards.value = cards.value.map((card, at) => (at === index ? { ...card, ...change } : card))
  }
  return (
    <>
      {cards.value.map(({ name, phone }, index) => (
        <div key={index} class="field-pair">
          <TextField
            name={`name${index}`}
            label={t('contact.name')}
            autofocus={index === 0}
            value={name}
            onInput={value => change(index, { name: value })}
          />
          <TextField
            name={`phone${index}`}
            label={t('contact.phone')}
            type="tel"
            dir="ltr"
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
