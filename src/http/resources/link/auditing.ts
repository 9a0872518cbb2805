// What the owner of a phone changes with a link is in the audit log, too.
import { Clock, Effect, Layer } from 'effect'
import { HttpRouter } from 'effect/http'
import { HttpApiMiddleware } from 'effect/http-api'
import { Auditing } from '../../auth/auditing.ts'
import { StoreUnavailable } from '../../problems.ts'
import { LinkTickets } from './tickets.ts'

export class LinkAuditing extends HttpApiMiddleware.Service<LinkAuditing>()('backscroll/http/LinkAuditing', {
  error: StoreUnavailable
}) {}

export const linkAuditingLayer = Layer.effect(
  LinkAuditing,
  Effect.gen(function* () {
    const { audited } = yield* Auditing
    const tickets = yield* LinkTickets
    return LinkAuditing.of((handler, place) =>
      Effect.gen(function* () {
        const { ticket = '' } = yield* HttpRouter.params
        const found = tickets.find(ticket, yield* Clock.currentTimeMillis)
        // A ticket that is none changes nothing.
        return yield* found === undefined
          ? handler
          : audited(place, { kind: 'link' }, found.accountId)(handler)
      })
    )
  })
)
