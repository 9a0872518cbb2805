// Fields that several endpoints have: ids, cursors, limits.
import { Schema } from 'effect'

export const AccountId = Schema.String.check(Schema.isMaxLength(100))
export const ThreadId = Schema.String.check(Schema.isMaxLength(256))
export const CursorText = Schema.String.check(Schema.isMaxLength(512))

/** A switch in a query. */
export const YesOrNo = Schema.Literals(['true', 'false'])

/** The switch as the services take it. */
export const isYes = (text: typeof YesOrNo.Type | undefined): boolean | undefined =>
  text === undefined ? undefined : text === 'true'

export const accountPath = { accountId: AccountId }
export const threadPath = { threadId: ThreadId }

/** How many items a page has at most; `most` is the largest number that may be asked for. */
export const limit = (most: number) =>
  Schema.optionalKey(
    Schema.NumberFromString.check(
      Schema.isInt({ message: `Expected a whole number from 1 to ${most}` }),
      Schema.isBetween(
        { minimum: 1, maximum: most },
        { message: `Expected a whole number from 1 to ${most}` }
      )
    )
  )
