// The annotations every endpoint has: who may call it, and what the API documentation says of it.
import { Context } from 'effect'
import { OpenApi } from 'effect/http-api'
import { type Access, RequiredAccess } from './auth/access.ts'
import { ChangesAtOnce, ChangesNothing } from './auth/auditing.ts'

interface Operation {
  readonly access: Access
  /** One line: "List accounts". */
  readonly summary: string
  readonly description?: string
  /** The `operationId`, where it is not group and endpoint: it stays when an endpoint moves to another group. */
  readonly operationId?: string
  /** Whether it is no change that belongs into the audit log, although its method is not GET. */
  readonly changesNothing?: boolean
  /** Whether its change is one transaction that writes the entry of the audit log itself. */
  readonly changesAtOnce?: boolean
}

export const operation = ({
  access,
  changesAtOnce = false,
  changesNothing = false,
  description,
  operationId,
  summary
}: Operation): Context.Context<RequiredAccess> =>
  OpenApi.annotations({ summary, description, identifier: operationId }).pipe(
    Context.add(RequiredAccess, access),
    Context.add(ChangesNothing, changesNothing),
    Context.add(ChangesAtOnce, changesAtOnce)
  )
