// Accounts over HTTP: live state and commands through `Accounts`.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { mayRead } from '../../../domain/grant.ts'
import { Accounts } from '../../../services/accounts.ts'
import { Api } from '../../api.ts'
import { auditMade } from '../../auth/auditing.ts'
import { Caller } from '../../auth/caller.ts'
import { accountFailures, findAccount } from '../../lookup.ts'
import { orDatabaseUnavailable } from '../../problems.ts'
import { pair, sendCommand } from './commands.ts'
import { offer, qrPng, qrSvg } from './pairing.ts'
import { importSession } from './import.ts'
import { accountResponse } from './response.ts'

const create = Effect.fnUntraced(function* (name: string, proxy: string | null) {
  const accounts = yield* Accounts
  const created = yield* accounts.create(name, proxy)
  yield* auditMade('accountId', created.record.accountId)
  return yield* accountResponse(created)
}, orDatabaseUnavailable)

/** The accounts that the caller may read. */
const list = Effect.fnUntraced(function* () {
  const accounts = yield* Accounts
  const { grant } = yield* Caller
  const views = yield* accounts.list
  const granted = views.filter(({ record }) => mayRead(grant, record.accountId))
  return { accounts: yield* Effect.forEach(granted, accountResponse) }
}, orDatabaseUnavailable)

const get = Effect.fnUntraced(function* (accountId: string) {
  const view = yield* findAccount(accountId)
  return yield* orDatabaseUnavailable(accountResponse(view))
})

const remove = (accountId: string) =>
  Accounts.use(accounts => accounts.remove(accountId)).pipe(Effect.catchTags(accountFailures(accountId)))

const change = Effect.fnUntraced(
  function* (accountId: string, proxy: string | null) {
    const accounts = yield* Accounts
    return yield* accountResponse(yield* accounts.setProxy(accountId, proxy))
  },
  (work, accountId) => Effect.catchTags(work, accountFailures(accountId))
)

const restart = Effect.fnUntraced(
  function* (accountId: string) {
    const accounts = yield* Accounts
    return yield* accountResponse(yield* accounts.restart(accountId))
  },
  (work, accountId) => Effect.catchTags(work, accountFailures(accountId))
)

export const accountsLayer = HttpApiBuilder.group(
  Api,
  'accounts',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts>()
    const provide = Effect.provideContext(services)
    const withImport = handlers.handleRaw('import', ({ query, request }) =>
      provide(importSession(query, request))
    )
    return withImport.handleAll({
      create: ({ payload }) => provide(create(payload.name, payload.proxy ?? null)),
      list: () => provide(list()),
      get: ({ params }) => provide(get(params.accountId)),
      change: ({ params, payload }) => provide(change(params.accountId, payload.proxy)),
      remove: ({ params }) => provide(remove(params.accountId)),
      pair: ({ params, payload }) => provide(pair(params.accountId, payload)),
      qr: ({ params, request }) => provide(offer(params.accountId, request)),
      qrPng: ({ params }) => provide(qrPng(params.accountId)),
      qrSvg: ({ params }) => provide(qrSvg(params.accountId)),
      connect: ({ params }) => provide(sendCommand(params.accountId, { type: 'command.connect' })),
      disconnect: ({ params }) => provide(sendCommand(params.accountId, { type: 'command.disconnect' })),
      logout: ({ params }) => provide(sendCommand(params.accountId, { type: 'command.logout' })),
      restart: ({ params }) => provide(restart(params.accountId))
    })
  })
)
