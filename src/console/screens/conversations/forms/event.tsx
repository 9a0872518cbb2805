// Something that people plan, and answer whether they come.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { localInput } from '../later.tsx'
import { Check, Field, type FormProps, given } from './field.tsx'

const DAY = 86_400_000

interface Fields {
  readonly name: string
  readonly description: string
  readonly place: string
  readonly startAt: string
  readonly endAt: string
  readonly extraGuests: boolean
}

const requestOf = ({
  description,
  endAt,
  extraGuests,
  name,
  place,
  startAt
}: Fields): SendRequest | undefined => {
  const [start, end] = [Date.parse(startAt), Date.parse(endAt)]
  if (name.trim() === '' || Number.isNaN(start) || (endAt !== '' && !(end > start))) return undefined
  return {
    event: {
      name: name.trim(),
      startAt: start,
      ...(endAt === '' ? {} : { endAt: end }),
      ...given('description', description),
      ...(place.trim() === '' ? {} : { location: { name: place.trim() } }),
      ...(extraGuests ? { extraGuests } : {})
    }
  }
}

export const EventForm = ({ onChange }: FormProps) => {
  const fields = useSignal<Fields>({
    name: '',
    description: '',
    place: '',
    startAt: localInput(Date.now() + DAY),
    endAt: '',
    extraGuests: false
  })
  const set = (change: Partial<Fields>): void => {
    fields.value = { ...fields.value, ...change }
    onChange(requestOf(fields.value))
  }
  const { description, endAt, extraGuests, name, place, startAt } = fields.value
  return (
    <>
      <Field label={t('event.name')} value={name} onInput={value => set({ name: value })} />
      <Field
        label={t('event.start')}
        type="datetime-local"
        value={startAt}
        onInput={value => set({ startAt: value })}
      />
      <Field
        label={t('event.end')}
        type="datetime-local"
        value={endAt}
        onInput={value => set({ endAt: value })}
      />
      <Field label={t('event.place')} value={place} onInput={value => set({ place: value })} />
      <Field
        label={t('event.description')}
        value={description}
        onInput={value => set({ description: value })}
      />
      <Check
        label={t('event.guests')}
        isChecked={extraGuests}
        onChange={value => set({ extraGuests: value })}
      />
    </>
  )
}
