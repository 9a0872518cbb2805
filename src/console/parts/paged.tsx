// A list of the API that is read page by page, and again when it has changed.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { Button } from './button.tsx'
import { useLoaded } from './loaded.ts'
import { Failure, NotRefreshed } from './notice.tsx'

export interface Batch<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
}

/** Reads a page; `cursor`: where to go on, `undefined` for the beginning. */
type ReadPage<A> = (cursor: string | undefined) => Promise<Batch<A>>

interface PagedProps<A> {
  readonly read: ReadPage<A>
  /** What the list is of: with another value it is another list. */
  readonly of: ReadonlyArray<unknown>
  /** The same list is read again when one of these changes. */
  readonly on: ReadonlyArray<unknown>
  readonly empty: ComponentChildren
  readonly children: (items: ReadonlyArray<A>) => ComponentChildren
}

const readPages = async <A,>(read: ReadPage<A>, count: number): Promise<Batch<A>> => {
  let { items, next } = await read(undefined)
  for (let n = 1; n < count && next !== null; n += 1) {
    const page = await read(next)
    items = [...items, ...page.items]
    next = page.next
  }
  return { items, next }
}

export const Paged = <A,>({ children, empty, of, on, read }: PagedProps<A>) => {
  const pages = useRef(1)
  const isFirst = useRef(true)
  useEffect(() => void (pages.current = 1), of)
  const { reload, state } = useLoaded(() => readPages(read, pages.current), of)
  useEffect(() => {
    if (!isFirst.current) void reload()
    isFirst.current = false
  }, on)
  const { error, value: batch } = state.value
  if (batch === undefined)
    return error === undefined ? (
      <p class="waiting">{t('loading')}</p>
    ) : (
      <Failure error={error} retry={reload} />
    )
  const { items, next } = batch
  return (
    <>
      <NotRefreshed error={error} />
      {items.length === 0 ? empty : children(items)}
      {next !== null && (
        <Button
          look="quiet"
          onClick={async () => {
            pages.current += 1
            await reload()
          }}
        >
          {t('search.more')}
        </Button>
      )}
    </>
  )
}
