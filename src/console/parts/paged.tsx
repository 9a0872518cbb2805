// A list of the API that is read page by page, and again when it has changed.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { Button } from './button.tsx'
import { Failure } from './notice.tsx'

export interface Batch<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
}

interface PagedProps<A> {
  /** `cursor`: where to go on; `undefined` for the beginning. */
  readonly read: (cursor: string | undefined) => Promise<Batch<A>>
  /** Read anew when one of these changes. */
  readonly on: ReadonlyArray<unknown>
  readonly empty: ComponentChildren
  readonly children: (items: ReadonlyArray<A>) => ComponentChildren
}

export const Paged = <A,>({ children, empty, on, read }: PagedProps<A>) => {
  const batch = useSignal<Batch<A> | undefined>(undefined)
  const error = useSignal<unknown>(undefined)
  const start = async (): Promise<void> => {
    try {
      batch.value = await read(undefined)
      error.value = undefined
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void start(), on)
  if (error.value !== undefined) return <Failure error={error.value} retry={start} />
  if (batch.value === undefined) return <p class="waiting">{t('loading')}</p>
  const { items, next } = batch.value
  if (items.length === 0) return <>{empty}</>
  return (
    <>
      {children(items)}
      {next !== null && (
        <Button
          look="quiet"
          onClick={async () => {
            const more = await read(next)
            batch.value = { items: [...items, ...more.items], next: more.next }
          }}
        >
          {t('search.more')}
        </Button>
      )}
    </>
  )
}
