// A place, by its coordinates.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { Field, type FormProps, given } from './field.tsx'

const COORDINATES = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/

interface Fields {
  readonly at: string
  readonly name: string
  readonly address: string
}

const requestOf = ({ address, at, name }: Fields): SendRequest | undefined => {
  const [, latitude, longitude] = (COORDINATES.exec(at) ?? []).map(Number)
  if (latitude === undefined || longitude === undefined) return undefined
  return { location: { latitude, longitude, ...given('name', name), ...given('address', address) } }
}

export const LocationForm = ({ onChange }: FormProps) => {
  const fields = useSignal<Fields>({ at: '', name: '', address: '' })
  const set = (change: Partial<Fields>): void => {
    fields.value = { ...fields.value, ...change }
    onChange(requestOf(fields.value))
  }
  const { address, at, name } = fields.value
  return (
    <>
      <Field label={t('place.coordinates')} value={at} onInput={value => set({ at: value })} />
      <Field label={t('place.name')} value={name} onInput={value => set({ name: value })} />
      <Field label={t('place.address')} value={address} onInput={value => set({ address: value })} />
    </>
  )
}
