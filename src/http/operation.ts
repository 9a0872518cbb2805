// The annotations every endpoint has: who may call it, and what the API documentation says of it.
import { Context } from 'effect'
import { OpenApi } from 'effect/http-api'
import { type Access, RequiredAccess } from './auth/access.ts'

interface Operation {
  readonly access: Access
  /** One line: "List accounts". */
  readonly summary: string
  readonly description?: string
  /** The `operationId`, where it is not group and endpoint: it stays when an endpoint moves to another group. */
  readonly operationId?: string
}

export const operation = ({
  access,
  description,
  operationId,
  summary
}: Operation): Context.Context<RequiredAccess> =>
  Context.add(OpenApi.annotations({ summary, description, identifier: operationId }), RequiredAccess, access)
