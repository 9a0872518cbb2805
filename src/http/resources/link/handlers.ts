// Tickets and the requests of a link's page over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Accounts } from '../../../services/accounts.ts'
import { Api } from '../../api.ts'
import { abandonByLink, assertByLink, confirmByLink, issueTicket, pairByLink, readLink } from './link.ts'
import type { LinkTickets } from './tickets.ts'

export const linkTicketsLayer = HttpApiBuilder.group(
  Api,
  'linkTickets',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts | LinkTickets>()
    return handlers.handleAll({
      linkTicket: ({ params }) => Effect.provideContext(issueTicket(params.accountId), services)
    })
  })
)

export const linkLayer = HttpApiBuilder.group(
  Api,
  'link',
  Effect.fn(function* (handlers) {
    const services = yield* Effect.context<Accounts | LinkTickets>()
    const provide = Effect.provideContext(services)
    return handlers.handleAll({
      state: ({ params }) => provide(readLink(params.ticket)),
      pair: ({ params, payload }) => provide(pairByLink(params.ticket, payload)),
      assertion: ({ params, payload }) => provide(assertByLink(params.ticket, payload)),
      confirm: ({ params }) => provide(confirmByLink(params.ticket)),
      abandon: ({ params }) => provide(abandonByLink(params.ticket))
    })
  })
)
