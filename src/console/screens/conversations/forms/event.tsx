// Something that people plan, and answer whether they come.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { Check, TextField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import { localInput } from '../later.tsx'
import { type FormProps, given } from './field.tsx'

const DAY = 86_400_000

interface Fields {
  readonly name: string
  readonly description: string
  readonly place: string
  readonly startAt: string
  readonly endAt: string
  readonly extraGuests: boolean
}

const requestOf = ({ description, endAt, extraGuests, name, place, startAt }: Fields): SendRequest | Lack => {
  const [start, end] = [Date.parse(startAt), Date.parse(endAt)]
  if (name.trim() === '') return { field: 'name', lack: t('lack.what') }
  if (Number.isNaN(start)) return { field: 'startAt', lack: t('lack.time') }
  if (endAt !== '' && !(end > start)) return { field: 'endAt', lack: t('lack.order') }
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

export const EventForm = ({ reads }: FormProps) => {
  const fields = useSignal<Fields>({
    name: '',
    description: '',
    place: '',
    startAt: localInput(Date.now() + DAY),
    endAt: '',
    extraGuests: false
  })
  const set = (change: Partial<Fields>): void => void (fields.value = { ...fields.value, ...change })
  const { description, endAt, extraGuests, name, place, startAt } = fields.value
  reads(() => requestOf(fields.value))
  return (
    <>
      <TextField
        name="name"
        label={t('event.name')}
        autofocus
        value={name}
        onInput={value => set({ name: value })}
      />
      <TextField
        name="startAt"
        label={t('event.start')}
        type="datetime-local"
        value={startAt}
        onInput={value => set({ startAt: value })}
      />
      <TextField
        name="endAt"
        label={t('event.end')}
        type="datetime-local"
        value={endAt}
        onInput={value => set({ endAt: value })}
      />
      <TextField
        name="place"
        label={t('event.place')}
        value={place}
        onInput={value => set({ place: value })}
      />
      <TextField
        name="description"
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
