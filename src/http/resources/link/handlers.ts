// Tickets and the requests of a link's page over HTTP.
import { HttpApiBuilder } from 'effect/http-api'
import { Api } from '../../api.ts'
import { abandonByLink, assertByLink, confirmByLink, issueTicket, pairByLink, readLink } from './link.ts'

export const linkTicketsLayer = HttpApiBuilder.group(Api, 'linkTickets', handlers =>
  handlers.handleAll({
    linkTicket: ({ params }) => issueTicket(params.accountId)
  })
)

export const linkLayer = HttpApiBuilder.group(Api, 'link', handlers =>
  handlers.handleAll({
    state: ({ params }) => readLink(params.ticket),
    pair: ({ params, payload }) => pairByLink(params.ticket, payload),
    assertion: ({ params, payload }) => assertByLink(params.ticket, payload),
    confirm: ({ params }) => confirmByLink(params.ticket),
    abandon: ({ params }) => abandonByLink(params.ticket)
  })
)
