// A place, by its coordinates.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { TextField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import { type FormProps, given } from './field.tsx'

const COORDINATES = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/

interface Fields {
  readonly at: string
  readonly name: string
  readonly address: string
}

const requestOf = ({ address, at, name }: Fields): SendRequest | Lack => {
  const [, latitude, longitude] = (COORDINATES.exec(at) ?? []).map(Number)
  if (latitude === undefined || longitude === undefined) return { field: 'at', lack: t('lack.coordinates') }
  return { location: { latitude, longitude, ...given('name', name), ...given('address', address) } }
}

export const LocationForm = ({ reads }: FormProps) => {
  const fields = useSignal<Fields>({ at: '', name: '', address: '' })
  const set = (change: Partial<Fields>): void => void (fields.value = { ...fields.value, ...change })
  const { address, at, name } = fields.value
  reads(() => requestOf(fields.value))
  return (
    <>
      <TextField
        name="at"
        label={t('place.coordinates')}
        dir="ltr"
        autofocus
        placeholder="48.1374, 11.5755"
        value={at}
        onInput={value => set({ at: value })}
      />
      <TextField name="place" label={t('place.name')} value={name} onInput={value => set({ name: value })} />
      <TextField
        name="address"
        label={t('place.address')}
        value={address}
        onInput={value => set({ address: value })}
      />
    </>
  )
}
