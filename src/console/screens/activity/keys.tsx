// Keys for programs and people: made, exchanged, revoked. A key itself is shown once.
import { useSignal } from '@preact/signals'
import type { IssuedKey, Key } from '../../../client/index.ts'
import { date, list, relative } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Check, TextField } from '../../parts/fields.tsx'
import { Form, type Lack } from '../../parts/form.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Empty, Notice } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { Table } from '../../parts/table.tsx'
import { client, type Role } from '../../session.ts'
import { accountOf, accounts } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'
import { SecretView } from './secret.tsx'

const DAY = 86_400_000

const ROLES: ReadonlyArray<Role> = ['viewer', 'agent', 'operator', 'admin']

const NewKey = ({ onClose, onMade }: { onClose: () => void; onMade: (key: IssuedKey) => void }) => {
  const name = useSignal('')
  const role = useSignal<Role>('agent')
  const chosen = useSignal<ReadonlyArray<string>>([])
  const days = useSignal('')
  const isLimited = role.value !== 'admin' && chosen.value.length > 0
  const create = async (): Promise<void> => {
    onMade(
      await client().call('keys.create', {
        body: {
          name: name.value.trim(),
          role: role.value,
          accounts: isLimited ? chosen.value : 'all',
          ...(days.value === '' ? {} : { expiresAt: Date.now() + Number(days.value) * DAY })
        }
      })
    )
  }
  const lackOf = (): Lack | undefined => {
    if (name.value.trim() === '') return { field: 'name', lack: t('lack.name') }
    return /^([1-9]\d{0,4})?$/.test(days.value) ? undefined : { field: 'days', lack: t('lack.days') }
  }
  return (
    <Dialog title={t('keys.new')} onClose={onClose}>
      <Form action={t('keys.create')} lackOf={lackOf} onSubmit={create} onCancel={onClose}>
        <TextField
          name="name"
          label={t('keys.name')}
          autofocus
          maxLength={100}
          value={name.value}
          onInput={value => void (name.value = value)}
        />
        <fieldset class="roles">
          <legend>{t('keys.role')}</legend>
          {ROLES.map(one => (
            <label key={one} class="check-field">
              <input
                type="radio"
                name="role"
                checked={role.value === one}
                onChange={() => void (role.value = one)}
              />
              <span>
                <b>{one}</b> <span class="soft small">{t(`role.${one}`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {role.value !== 'admin' && accounts.value.length > 0 && (
          <fieldset class="roles">
            <legend>{t('keys.accounts')}</legend>
            <p class="soft small">{t('keys.accountsText')}</p>
            {accounts.value.map(({ accountId, name: title }) => (
              <Check
                key={accountId}
                label={title}
                isChecked={chosen.value.includes(accountId)}
                onChange={isChecked =>
                  void (chosen.value = isChecked
                    ? [...chosen.value, accountId]
                    : chosen.value.filter(id => id !== accountId))
                }
              />
            ))}
          </fieldset>
        )}
        <TextField
          name="days"
          label={t('keys.days')}
          type="number"
          min="1"
          value={days.value}
          onInput={value => void (days.value = value)}
        />
      </Form>
    </Dialog>
  )
}

const scopeOf = (scope: Key['accounts']): string =>
  scope === 'all' ? t('keys.all') : list(scope.map(id => accountOf(id)?.name ?? id))

/** What is asked before it is done. */
interface Asked {
  readonly about: 'rotate' | 'revoke'
  readonly keyId: string
  readonly name: string
}

export const Keys = () => {
  const isMaking = useSignal(false)
  const issued = useSignal<IssuedKey | undefined>(undefined)
  const asked = useSignal<Asked | undefined>(undefined)
  const turn = useSignal(0)
  const show = (key: IssuedKey): void => {
    isMaking.value = false
    issued.value = key
    turn.value += 1
  }
  const act = async (what: Asked | undefined): Promise<void> => {
    if (what === undefined) return
    const { about, keyId, name } = what
    if (about === 'rotate') return show(await client().call('keys.rotate', { keyId, body: {} }))
    await client().call('keys.remove', { keyId })
    tellDone(t('keys.revoked', { name }))
    turn.value += 1
  }
  return (
    <>
      <div class="list-head">
        <p class="soft">{t('keys.text')}</p>
        <Button look="main" icon="plus" onClick={() => void (isMaking.value = true)}>
          {t('keys.new')}
        </Button>
      </div>
      <Paged
        of={[]}
        on={[turn.value]}
        read={async () => ({ items: (await client().call('keys.list')).keys, next: null })}
        empty={
          <Empty icon="key" title={t('keys.emptyTitle')}>
            <p>{t('keys.emptyText')}</p>
          </Empty>
        }
      >
        {keys => (
          <Table
            label={t('activity.keys')}
            rows={keys}
            keyOf={({ keyId }) => keyId}
            columns={[
              { name: t('keys.name'), cell: ({ name }) => <bdi>{name}</bdi> },
              { name: t('keys.role'), cell: ({ role }) => <code>{role}</code> },
              { name: t('keys.accounts'), cell: ({ accounts: scope }) => scopeOf(scope) },
              {
                name: t('keys.used'),
                cell: ({ lastUsedAt }) => (lastUsedAt === null ? '–' : relative(lastUsedAt))
              },
              {
                name: t('keys.expires'),
                cell: ({ expiresAt }) => (expiresAt === null ? '–' : date(expiresAt))
              },
              {
                name: '',
                cell: ({ keyId, name }) => (
                  <Menu
                    label={t('account.more', { name })}
                    items={[
                      {
                        icon: 'history',
                        label: t('keys.rotate'),
                        onSelect: () => void (asked.value = { about: 'rotate', keyId, name })
                      },
                      {
                        icon: 'trash',
                        label: t('keys.revoke'),
                        isDanger: true,
                        onSelect: () => void (asked.value = { about: 'revoke', keyId, name })
                      }
                    ]}
                  />
                )
              }
            ]}
          />
        )}
      </Paged>
      {isMaking.value && <NewKey onClose={() => void (isMaking.value = false)} onMade={show} />}
      {asked.value && (
        <Confirm
          title={`${t(`keys.${asked.value.about}`)}: ${asked.value.name}`}
          text={t(`keys.${asked.value.about}Text`)}
          action={t(`keys.${asked.value.about}`)}
          onConfirm={() => act(asked.value)}
          onClose={() => void (asked.value = undefined)}
        />
      )}
      {issued.value && (
        <Dialog
          title={t('keys.issued', { name: issued.value.name })}
          onClose={() => void (issued.value = undefined)}
        >
          <Notice kind="info" icon="key">
            {t('keys.once')}
          </Notice>
          <SecretView text={issued.value.key} />
        </Dialog>
      )}
    </>
  )
}
