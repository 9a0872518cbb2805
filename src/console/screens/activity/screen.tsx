// What the server does and did: what waits, what is fetched, what went wrong, what happens, and who is told.
import type { ComponentChild } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Link, Redirect } from 'wouter-preact'
import type { PlainKey } from '../../i18n/dictionary.ts'
import { t } from '../../i18n/i18n.ts'
import { Forbidden } from '../../parts/gone.tsx'
import { activityPath } from '../../routes.ts'
import { may, mayAll } from '../../session.ts'
import { Audit } from './audit.tsx'
import { Events } from './events.tsx'
import { Incidents } from './incidents.tsx'
import { Jobs } from './jobs.tsx'
import { Keys } from './keys.tsx'
import { Outbox } from './outbox.tsx'
import { Store } from './store.tsx'
import { Webhooks } from './webhooks.tsx'

interface Tab {
  readonly name: string
  readonly label: PlainKey
  readonly isOpen: () => boolean
  readonly draw: () => ComponentChild
}

const everybody = (): boolean => true
const operators = (): boolean => may('operator')
const admins = (): boolean => may('admin')

const TABS: ReadonlyArray<Tab> = [
  { name: 'outbox', label: 'activity.outbox', isOpen: everybody, draw: () => <Outbox /> },
  { name: 'jobs', label: 'activity.jobs', isOpen: everybody, draw: () => <Jobs /> },
  { name: 'incidents', label: 'activity.incidents', isOpen: everybody, draw: () => <Incidents /> },
  { name: 'events', label: 'activity.events', isOpen: everybody, draw: () => <Events /> },
  { name: 'webhooks', label: 'activity.webhooks', isOpen: operators, draw: () => <Webhooks /> },
  { name: 'keys', label: 'activity.keys', isOpen: admins, draw: () => <Keys /> },
  { name: 'audit', label: 'activity.audit', isOpen: admins, draw: () => <Audit /> },
  { name: 'store', label: 'activity.store', isOpen: () => mayAll('viewer'), draw: () => <Store /> }
]

export const ActivityScreen = ({ tab }: { readonly tab: string | undefined }) => {
  const open = TABS.filter(({ isOpen }) => isOpen())
  const present = open.find(({ name }) => name === tab)
  const tabs = useRef<HTMLElement>(null)
  // On a phone they do not all have room.
  useEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [tab])
  if (present === undefined)
    return TABS.some(({ name }) => name === tab) ? <Forbidden /> : <Redirect to={activityPath()} />
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('nav.activity')}</h1>
      </header>
      <nav ref={tabs} class="tabs" aria-label={t('nav.activity')}>
        {open.map(({ label, name }) => (
          <Link key={name} href={activityPath(name)} aria-current={name === tab ? 'page' : undefined}>
            {t(label)}
          </Link>
        ))}
      </nav>
      <section class="tab-body" key={present.name} aria-label={t(present.label)}>
        {present.draw()}
      </section>
    </div>
  )
}
