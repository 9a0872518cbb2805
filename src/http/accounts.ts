// Accounts over HTTP: commands go to the account's actor, reads to the store.
import { Clock, Effect, Schedule } from 'effect'
import { HttpServerRequest, HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import QRCode from 'qrcode'
import { decodePlace, encodeCursor } from '../domain/page.ts'
import { type AccountCommand, Accounts, type AccountView } from '../services/accounts.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { Coverage } from '../services/history/coverage/coverage.ts'
import { Store } from '../services/conversations/store.ts'
import { mayRead } from '../domain/grant.ts'
import { Api } from './api.ts'
import { Caller } from './caller.ts'
import { cursorIn } from './fields.ts'
import { findAccount, noAccount } from './find-account.ts'
import { badField, StoreUnavailable, WrongState } from './problems.ts'

const storeUnavailable = () => new StoreUnavailable({})

const PAGE = 50

export const accountsLayer = HttpApiBuilder.group(
  Api,
  'accounts',
  Effect.fn(function* (handlers) {
    const accounts = yield* Accounts
    const store = yield* Store
    const backfill = yield* Backfill
    const coverage = yield* Coverage

    const read = (accountId: string) =>
      Effect.all([store.counts(accountId), coverage.summary(accountId), Clock.currentTimeMillis])

    const shown = ({ history, lastDisconnect, reconnectAttempts, record, state, tags }: AccountView) =>
      Effect.map(read(record.accountId), ([counts, covered, now]) => ({
        accountId: record.accountId,
        name: record.name,
        createdAt: record.createdAt,
        state,
        tags,
        jid: record.jid,
        lid: record.lid,
        lastDisconnect,
        restriction:
          record.restriction !== null && record.restriction.until > now ? record.restriction : null,
        reconnectAttempts,
        sync: { ...history, phoneSilentUntil: backfill.silentUntil(record.accountId) },
        coverage: covered,
        counts
      }))

    const find = (accountId: string) => findAccount(accounts, accountId)

    const refusals = (accountId: string) => ({
      AccountNotFound: () => Effect.fail(noAccount(accountId)),
      DatabaseError: () => Effect.fail(storeUnavailable())
    })

    const command = (accountId: string, wanted: AccountCommand) =>
      accounts.send(accountId, wanted).pipe(
        Effect.flatMap(shown),
        Effect.catchTags({
          ...refusals(accountId),
          CommandRefused: ({ command: name, state }) =>
            Effect.fail(
              new WrongState({
                state,
                detail: `"${name}" is not possible while the account is "${state}". ${hint(name, state)}`
              })
            )
        })
      )

    const offered = Effect.fnUntraced(function* (accountId: string) {
      const { lastDisconnect, offer: current, state } = yield* find(accountId)
      if (current !== null) return current
      const detail =
        state === 'pairing' || state === 'reconnecting'
          ? `WhatsApp has not offered a code yet${lastDisconnect === null ? '' : ` (${lastDisconnect.reason})`}; ask again in a few seconds`
          : `Nothing is offered while the account is "${state}". Start with POST /v1/accounts/${accountId}/pair`
      return yield* new WrongState({ state, detail })
    })

    // Right after `pair` it takes WhatsApp a moment to offer a code: whoever asks meanwhile waits with us.
    const offer = (accountId: string) =>
      Effect.retry(offered(accountId), {
        while: problem => problem._tag === 'WrongState' && problem.state === 'pairing',
        schedule: Schedule.spaced('100 millis'),
        times: 30
      })

    const qrText = Effect.fnUntraced(function* (accountId: string) {
      const { method, text } = yield* offer(accountId)
      if (method === 'qr') return text
      return yield* new WrongState({
        state: 'pairing',
        detail: 'This account is being linked by pairing code; there is no QR code'
      })
    })
    const png = (accountId: string) =>
      Effect.flatMap(qrText(accountId), text =>
        Effect.promise(() => QRCode.toBuffer(text, { margin: 2, width: 480 }))
      )
    const svg = (accountId: string) =>
      Effect.flatMap(qrText(accountId), text =>
        Effect.promise(() => QRCode.toString(text, { type: 'svg', margin: 2 }))
      )

    return handlers.handleAll({
      create: ({ payload }) =>
        accounts.create(payload.name).pipe(Effect.flatMap(shown), Effect.mapError(storeUnavailable)),
      list: () =>
        accounts.list.pipe(
          Effect.flatMap(views =>
            Effect.flatMap(Caller, ({ grant }) =>
              Effect.forEach(
                views.filter(({ record }) => mayRead(grant, record.accountId)),
                shown
              )
            )
          ),
          Effect.map(found => ({ accounts: found })),
          Effect.mapError(storeUnavailable)
        ),
      get: ({ params }) =>
        Effect.flatMap(find(params.accountId), view => Effect.mapError(shown(view), storeUnavailable)),
      remove: ({ params }) =>
        accounts.remove(params.accountId).pipe(Effect.catchTags(refusals(params.accountId))),
      pair: Effect.fn(function* ({ params, payload }) {
        const { method, phoneNumber } = payload
        if (method === 'qr')
          return yield* command(params.accountId, { type: 'command.pair', pairing: { method } })
        if (phoneNumber === undefined) {
          return yield* badField(
            'payload',
            'phoneNumber',
            'Expected the number of the phone that is to be linked'
          )
        }
        const pairing = { method, phoneNumber: phoneNumber.replace('+', '') }
        return yield* command(params.accountId, { type: 'command.pair', pairing })
      }),
      qr: Effect.fn(function* ({ params, request }) {
        const accept = HttpServerRequest.HttpServerRequest.of(request).headers['accept'] ?? ''
        if (/image\/svg\+xml/.test(accept)) {
          return HttpServerResponse.text(yield* svg(params.accountId), { contentType: 'image/svg+xml' })
        }
        if (/image\/(png|\*)/.test(accept)) {
          return HttpServerResponse.uint8Array(yield* png(params.accountId), { contentType: 'image/png' })
        }
        const { expiresAt, method, text } = yield* offer(params.accountId)
        return { method, qr: method === 'qr' ? text : null, code: method === 'code' ? text : null, expiresAt }
      }),
      qrPng: ({ params }) => png(params.accountId),
      qrSvg: ({ params }) => svg(params.accountId),
      connect: ({ params }) => command(params.accountId, { type: 'command.connect' }),
      disconnect: ({ params }) => command(params.accountId, { type: 'command.disconnect' }),
      logout: ({ params }) => command(params.accountId, { type: 'command.logout' }),
      restart: ({ params: { accountId } }) =>
        accounts.restart(accountId).pipe(Effect.flatMap(shown), Effect.catchTags(refusals(accountId))),
      threads: Effect.fn(function* ({ params, query }) {
        yield* find(params.accountId)
        const before = yield* query.cursor === undefined
          ? cursorIn('before', query.before, decodePlace)
          : cursorIn('cursor', query.cursor, decodePlace)
        const after = yield* cursorIn('after', query.after, decodePlace)
        if (before !== undefined && after !== undefined) {
          return yield* badField('query', 'after', 'Give either before or after, not both')
        }
        const { archived, kind, limit = PAGE, q, unread } = query
        const { newer, older, threads } = yield* store
          .listThreads(params.accountId, {
            limit,
            before,
            after,
            kind,
            text: q,
            archived: archived && archived === 'true',
            unread: unread && unread === 'true'
          })
          .pipe(Effect.mapError(storeUnavailable))
        const olderCursor = older && encodeCursor(older)
        return { threads, olderCursor, newerCursor: newer && encodeCursor(newer), nextCursor: olderCursor }
      })
    })
  })
)

/** What a person does instead. */
const hint = (command: string, state: string): string => {
  if (command === 'pair') return 'An account that is linked or being linked needs logout or disconnect first.'
  if (command === 'connect')
    return state === 'stopped' ? 'Link it first, with pair.' : 'It is online or on its way, or needs pair.'
  if (command === 'logout') return 'Connect it first: only an online device can unlink itself.'
  return 'It is not connected.'
}
