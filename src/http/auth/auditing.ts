// Every change that is made through the API is in the audit log: who, what, from where, and how it ended.
import { Context, Effect, Layer } from 'effect'
import { HttpEffect, HttpRouter, HttpServerRequest } from 'effect/http'
import { type HttpApiEndpoint, type HttpApiGroup, OpenApi } from 'effect/http-api'
import type { AuditedRequest, AuditEntry } from '../../domain/audit.ts'
import { digestOf, parseMessageKey, parseThreadId } from '../../domain/ids.ts'
import { AuditLog, type ChangeEntry, EntryWithChange } from '../../services/access/audit-log.ts'
import { orDatabaseUnavailable, type StoreUnavailable } from '../problems.ts'
import type { CallerIdentity } from './caller.ts'
import { remoteAddressOf } from './remote-address.ts'

/** The annotation of an endpoint that is asked with another method than GET and changes nothing. */
export const ChangesNothing = Context.Reference<boolean>('backscroll/http/ChangesNothing', {
  defaultValue: () => false
})

/** The annotation of an endpoint whose change is one transaction that writes its entry first (`EntryWithChange`). */
export const ChangesAtOnce = Context.Reference<boolean>('backscroll/http/ChangesAtOnce', {
  defaultValue: () => false
})

type Params = Readonly<Record<string, string | undefined>>
type Ids = Map<string, string>

/** Ids of what the present request has made, for its entry; `undefined` while a request is not audited. */
const MadeIds = Context.Reference<Ids | undefined>('backscroll/http/MadeIds', {
  defaultValue: () => undefined
})

/** Notes the id of what this request has made; `name` is as in paths, such as `keyId`. */
export const auditMade = (name: string, id: string): Effect.Effect<void> =>
  Effect.map(MadeIds, ids => void ids?.set(name, id))

/** Where a request is in the contract. */
export interface Place {
  readonly group: HttpApiGroup.Top
  readonly endpoint: HttpApiEndpoint.Top
}

const operationOf = ({ endpoint, group }: Place): string =>
  Context.getOrElse(endpoint.annotations, OpenApi.Identifier, () =>
    group.topLevel ? endpoint.identifier : `${group.identifier}.${endpoint.identifier}`
  )

/** Written before the change, unless the change writes it. */
const entryOf = (
  log: AuditLog['Service'],
  { endpoint }: Place,
  request: AuditedRequest
): Effect.Effect<ChangeEntry, StoreUnavailable> =>
  Context.get(endpoint.annotations, ChangesAtOnce)
    ? Effect.succeed(log.defer(request))
    : orDatabaseUnavailable(log.begin(request))

const isChange = ({ endpoint }: Place): boolean =>
  endpoint.method !== 'GET' && !Context.get(endpoint.annotations, ChangesNothing)

/** Thread ids have phone numbers in them, and a ticket is a credential. */
const idsIn = ({
  accountId: _,
  messageKey,
  threadId,
  ticket: __,
  ...plain
}: Params): Record<string, string> => {
  const message = messageKey === undefined ? undefined : parseMessageKey(messageKey)
  const thread = threadId ?? message?.threadId
  const ids: Params = {
    ...plain,
    ...(message && { messageId: message.messageId }),
    ...(thread !== undefined && { thread: digestOf(thread) })
  }
  return Object.fromEntries(
    Object.entries(ids).flatMap(([name, id]) => (id === undefined ? [] : [[name, id]]))
  )
}

const accountIn = ({ accountId, messageKey, threadId }: Params): string | null =>
  accountId ?? parseThreadId(threadId ?? parseMessageKey(messageKey ?? '')?.threadId ?? '')?.accountId ?? null

const callerOf = (identity: CallerIdentity): AuditEntry['caller'] => {
  switch (identity.kind) {
    case 'settings':
    case 'link':
      return { kind: identity.kind, id: null, name: null }
    case 'key':
      return { kind: 'key', id: identity.keyId, name: identity.name }
    case 'user':
      return { kind: 'user', id: identity.uid, name: null }
  }
}

const withMade = (accountId: string | null, resources: Readonly<Record<string, string>>, made: Ids) => {
  const { accountId: madeAccount = accountId, ...others } = Object.fromEntries(made)
  return { accountId: madeAccount, resources: { ...resources, ...others } }
}

export class Auditing extends Context.Service<
  Auditing,
  {
    /** Writes the entry of a change, makes the change, and notes how it ended. `account`: where the path does not name it. */
    readonly audited: (
      place: Place,
      identity: CallerIdentity,
      account?: string
    ) => <A, E, R>(
      handler: Effect.Effect<A, E, R>
    ) => Effect.Effect<
      A,
      E | StoreUnavailable,
      R | HttpServerRequest.HttpServerRequest | HttpRouter.RouteContext
    >
  }
>()('backscroll/http/Auditing') {
  static layer({ trustsProxy }: { readonly trustsProxy: boolean }): Layer.Layer<Auditing, never, AuditLog> {
    return Layer.effect(
      Auditing,
      Effect.map(AuditLog, log =>
        Auditing.of({
          audited: (place, identity, account) => handler =>
            isChange(place)
              ? Effect.gen(function* () {
                  const request = yield* HttpServerRequest.HttpServerRequest
                  const params = yield* HttpRouter.params
                  const accountId = account ?? accountIn(params)
                  const resources = idsIn(params)
                  const { withChange, written } = yield* entryOf(log, place, {
                    caller: callerOf(identity),
                    operation: operationOf(place),
                    accountId,
                    resources,
                    remoteAddress: remoteAddressOf(request, trustsProxy)
                  })
                  const made: Ids = new Map()
                  yield* HttpEffect.appendPreResponseHandler((_, response) =>
                    written.pipe(
                      Effect.flatMap(auditId =>
                        log.end(auditId, {
                          status: response.status,
                          ...withMade(accountId, resources, made)
                        })
                      ),
                      // Only of a request that has changed nothing: its entry cannot be written.
                      Effect.ignore,
                      Effect.as(response)
                    )
                  )
                  return yield* handler.pipe(
                    Effect.provideService(MadeIds, made),
                    Effect.provideService(EntryWithChange, withChange)
                  )
                })
              : handler
        })
      )
    )
  }
}
