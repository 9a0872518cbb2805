// Fields that several endpoints have: ids, cursors, limits.
import { Schema, SchemaTransformation } from 'effect'

/** Of something that this server made: an account, a key, a webhook, an incident. */
export const Id = Schema.String.check(Schema.isMaxLength(100))
export const AccountId = Id
export const ThreadId = Schema.String.check(Schema.isMaxLength(256))
export const CursorText = Schema.String.check(Schema.isMaxLength(512))

/** A switch in a query. */
export const YesOrNo = Schema.Literals(['true', 'false'])

/** The switch as the services take it. */
export const isYes = (text: typeof YesOrNo.Type | undefined): boolean | undefined =>
  text === undefined ? undefined : text === 'true'

export const accountPath = { accountId: AccountId }
export const threadPath = { threadId: ThreadId }

/** A whole number in a query. The OpenAPI document says `integer` of what has this format. */
export const wholeInQuery = (minimum: number, maximum: number) => {
  const message = `Expected a whole number from ${minimum} to ${maximum}`
  return Schema.String.annotate({ format: 'integer' })
    .check(
      Schema.makeFilter(
        text => /^\d{1,16}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum,
        {
          message,
          toJsonSchema: () => ({ minimum, maximum })
        }
      )
    )
    .pipe(Schema.decodeTo(Schema.Finite, SchemaTransformation.numberFromString))
}

/** How many items a page has at most; `most` is the largest number that may be asked for. */
export const limit = (most: number) => Schema.optionalKey(wholeInQuery(1, most))

/** A body of which nothing is required may be left out. */
export const optionalBody = <Body extends Schema.Top>(body: Body) => [body, Schema.Undefined] as const
