// What is sent besides texts and files: polls, events, places, contacts. Each form makes the field of the request that it is.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { SendRequest } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { send } from './acts.ts'
import { localInput } from './later.tsx'

export type Extra = 'poll' | 'event' | 'location' | 'contact'

interface FormProps {
  /** `undefined` while it is not complete. */
  readonly onChange: (content: SendRequest | undefined) => void
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: string
  readonly children?: ComponentChildren
}

const Field = ({ label, onInput, type = 'text', value }: FieldProps) => (
  <label class="field">
    <span>{label}</span>
    <input
      type={type}
      dir="auto"
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  </label>
)

const MOST_OPTIONS = 12

const PollForm = ({ onChange }: FormProps) => {
  const question = useSignal('')
  const options = useSignal<ReadonlyArray<string>>(['', ''])
  const isSingle = useSignal(false)
  const tell = (): void => {
    const given = options.value.map(option => option.trim()).filter(option => option !== '')
    const isComplete =
      question.value.trim() !== '' && new Set(given).size === given.length && given.length > 1
    onChange(
      isComplete
        ? { poll: { question: question.value.trim(), options: given, selectable: isSingle.value ? 1 : 0 } }
        : undefined
    )
  }
  const change = (index: number, value: string): void => {
    const next = options.value.map((option, at) => (at === index ? value : option))
    // There is always an empty one to go on with.
    options.value = next.at(-1) !== '' && next.length < MOST_OPTIONS ? [...next, ''] : next
    tell()
  }
  return (
    <>
      <Field
        label={t('poll.question')}
        value={question.value}
        onInput={value => {
          question.value = value
          tell()
        }}
      />
      {options.value.map((option, index) => (
        <Field
          key={index}
          label={t('poll.option', { count: index + 1 })}
          value={option}
          onInput={value => change(index, value)}
        />
      ))}
      <label class="check-field">
        <input
          type="checkbox"
          checked={isSingle.value}
          onChange={({ currentTarget }) => {
            isSingle.value = currentTarget.checked
            tell()
          }}
        />
        {t('poll.single')}
      </label>
    </>
  )
}

const EventForm = ({ onChange }: FormProps) => {
  const fields = useSignal({
    name: '',
    description: '',
    place: '',
    startAt: localInput(Date.now() + 86_400_000)
  })
  const set = (name: keyof typeof fields.value, value: string): void => {
    fields.value = { ...fields.value, [name]: value }
    const { description, name: title, place, startAt } = fields.value
    const at = Date.parse(startAt)
    onChange(
      title.trim() === '' || Number.isNaN(at)
        ? undefined
        : {
            event: {
              name: title.trim(),
              startAt: at,
              ...(description.trim() === '' ? {} : { description: description.trim() }),
              ...(place.trim() === '' ? {} : { location: { name: place.trim() } })
            }
          }
    )
  }
  const { description, name, place, startAt } = fields.value
  return (
    <>
      <Field label={t('event.name')} value={name} onInput={value => set('name', value)} />
      <Field
        label={t('event.start')}
        type="datetime-local"
        value={startAt}
        onInput={value => set('startAt', value)}
      />
      <Field label={t('event.place')} value={place} onInput={value => set('place', value)} />
      <Field
        label={t('event.description')}
        value={description}
        onInput={value => set('description', value)}
      />
    </>
  )
}

const LocationForm = ({ onChange }: FormProps) => {
  const fields = useSignal({ at: '', name: '' })
  const set = (name: 'at' | 'name', value: string): void => {
    fields.value = { ...fields.value, [name]: value }
    const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(fields.value.at)
    const title = fields.value.name.trim()
    onChange(
      match === null
        ? undefined
        : {
            location: {
              latitude: Number(match[1]),
              longitude: Number(match[2]),
              ...(title === '' ? {} : { name: title })
            }
          }
    )
  }
  return (
    <>
      <Field label={t('place.coordinates')} value={fields.value.at} onInput={value => set('at', value)} />
      <Field label={t('place.name')} value={fields.value.name} onInput={value => set('name', value)} />
    </>
  )
}

const ContactForm = ({ onChange }: FormProps) => {
  const fields = useSignal({ name: '', phone: '' })
  const set = (name: 'name' | 'phone', value: string): void => {
    fields.value = { ...fields.value, [name]: value }
    const phoneNumber = fields.value.phone.replaceAll(/[^\d+]/g, '')
    const title = fields.value.name.trim()
    onChange(
      title === '' || phoneNumber.length < 6 ? undefined : { contacts: [{ name: title, phoneNumber }] }
    )
  }
  return (
    <>
      <Field label={t('contact.name')} value={fields.value.name} onInput={value => set('name', value)} />
      <Field
        label={t('contact.phone')}
        type="tel"
        value={fields.value.phone}
        onInput={value => set('phone', value)}
      />
    </>
  )
}

const FORMS = { poll: PollForm, event: EventForm, location: LocationForm, contact: ContactForm } as const

interface ExtraProps {
  readonly conversation: Conversation
  readonly extra: Extra
  readonly onClose: () => void
}

export const ExtraDialog = ({ conversation, extra, onClose }: ExtraProps) => {
  const content = useSignal<SendRequest | undefined>(undefined)
  const Form = FORMS[extra]
  return (
    <Dialog title={t(`composer.${extra}`)} onClose={onClose}>
      <Form onChange={next => void (content.value = next)} />
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="main"
          icon="send"
          disabled={content.value === undefined}
          onClick={async () => {
            if (content.value === undefined) return
            await send(conversation, content.value)
            onClose()
            await conversation.catchUp()
          }}
        >
          {t('composer.send')}
        </Button>
      </footer>
    </Dialog>
  )
}
