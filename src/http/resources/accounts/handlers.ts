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

export const accountsLayer = HttpApiBuilder.group(Api, 'accounts', handlers =>
  handlers
    .handleRaw('import', ({ query, request }) => importSession(query, request))
    .handleAll({
      create: ({ payload }) => create(payload.name, payload.proxy ?? null),
      list: () => list(),
      get: ({ params }) => get(params.accountId),
      change: ({ params, payload }) => change(params.accountId, payload.proxy),
      remove: ({ params }) => remove(params.accountId),
      pair: ({ params, payload }) => pair(params.accountId, payload),
      qr: ({ params, request }) => offer(params.accountId, request),
      qrPng: ({ params }) => qrPng(params.accountId),
      qrSvg: ({ params }) => qrSvg(params.accountId),
      connect: ({ params }) => sendCommand(params.accountId, { type: 'command.connect' }),
      disconnect: ({ params }) => sendCommand(params.accountId, { type: 'command.disconnect' }),
      logout: ({ params }) => sendCommand(params.accountId, { type: 'command.logout' }),
      restart: ({ params }) => restart(params.accountId)
    })
)
