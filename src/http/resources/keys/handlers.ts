// Keys over HTTP.
import { Clock, Effect } from 'effect'
import { HttpEffect, HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import type { KeyDecisions } from '../../../domain/access-key.ts'
import { AccessKeys, type IssuedKey, MOST_KEYS } from '../../../services/access/access-keys.ts'
import { Accounts } from '../../../services/accounts.ts'
import { Api } from '../../api.ts'
import { auditMade } from '../../auth/auditing.ts'
import { badField, databaseFailed, NotFound, orDatabaseUnavailable, TooManyKeys } from '../../problems.ts'
import type { KeyChange, NewKey, Rotation } from './contract.ts'

const OVERLAP_SECONDS = 3600

/** The answer has a secret. */
const unstored = HttpEffect.appendPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.setHeader(response, 'cache-control', 'no-store'))
)

const issued = ({ accessKey, text }: IssuedKey) =>
  Effect.as(Effect.andThen(unstored, auditMade('keyId', accessKey.keyId)), { ...accessKey, key: text })

const found = <A>(keyId: string, key: A | undefined): Effect.Effect<A, NotFound> =>
  key === undefined ? Effect.fail(new NotFound({ detail: `There is no key ${keyId}` })) : Effect.succeed(key)

/** Every account that the key names is there: an id that is misspelt would open nothing. */
const checkAccounts = Effect.fnUntraced(function* (named: 'all' | ReadonlyArray<string> = 'all') {
  const accounts = yield* Accounts
  if (named === 'all') return
  const known = new Set((yield* orDatabaseUnavailable(accounts.list)).map(({ record }) => record.accountId))
  for (const [index, accountId] of named.entries())
    if (!known.has(accountId))
      return yield* badField('payload', `accounts.${index}`, `There is no account ${accountId}`)
})

const checkExpiry = Effect.fnUntraced(function* (expiresAt: number | null = null) {
  if (expiresAt !== null && expiresAt <= (yield* Clock.currentTimeMillis))
    return yield* badField(
      'payload',
      'expiresAt',
      'Expected a time in the future, in milliseconds since 1970'
    )
})

/** An admin is limited by nothing: a key that names accounts and opens all of them would deceive. */
const checkRole = ({ accounts, events, role }: Pick<KeyDecisions, 'accounts' | 'events' | 'role'>) => {
  const field = accounts !== 'all' ? 'accounts' : events !== 'all' ? 'events' : undefined
  return role === 'admin' && field !== undefined
    ? Effect.fail(badField('payload', field, 'Expected "all" for the role admin, which is not limited'))
    : Effect.void
}

const create = Effect.fnUntraced(function* (asked: NewKey) {
  const keys = yield* AccessKeys
  const decided = { events: 'all', requestsPerMinute: null, expiresAt: null, ...asked } as const
  yield* checkRole(decided)
  yield* checkExpiry(decided.expiresAt)
  yield* checkAccounts(decided.accounts)
  return yield* keys.create(decided).pipe(
    Effect.flatMap(issued),
    Effect.catchTags({
      ...databaseFailed,
      TooManyKeys: () =>
        Effect.fail(new TooManyKeys({ detail: `There are ${MOST_KEYS} keys; revoke some that expired` }))
    })
  )
})

const list = Effect.fnUntraced(function* () {
  const keys = yield* AccessKeys
  return { keys: yield* keys.list }
})

const get = Effect.fnUntraced(function* (keyId: string) {
  const keys = yield* AccessKeys
  return yield* found(keyId, yield* keys.get(keyId))
})

const change = Effect.fnUntraced(function* (keyId: string, asked: KeyChange) {
  const keys = yield* AccessKeys
  yield* checkRole({ ...(yield* get(keyId)), ...asked })
  yield* checkExpiry(asked.expiresAt)
  yield* checkAccounts(asked.accounts)
  return yield* found(keyId, yield* orDatabaseUnavailable(keys.change(keyId, asked)))
})

const rotate = Effect.fnUntraced(function* (keyId: string, { overlapSeconds = OVERLAP_SECONDS }: Rotation) {
  const keys = yield* AccessKeys
  const exchanged = yield* orDatabaseUnavailable(keys.rotate(keyId, overlapSeconds * 1000))
  return yield* issued(yield* found(keyId, exchanged))
})

const remove = Effect.fnUntraced(function* (keyId: string) {
  const keys = yield* AccessKeys
  yield* found(keyId, yield* orDatabaseUnavailable(keys.remove(keyId)))
})

export const keysLayer = HttpApiBuilder.group(Api, 'keys', handlers =>
  handlers.handleAll({
    create: ({ payload }) => create(payload),
    list: () => list(),
    get: ({ params }) => get(params.keyId),
    change: ({ params, payload = {} }) => change(params.keyId, payload),
    rotate: ({ params, payload = {} }) => rotate(params.keyId, payload),
    remove: ({ params }) => remove(params.keyId)
  })
)
