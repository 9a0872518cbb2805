// The list of everything that can be sent. A new kind is one file beside this one and one line here.
import { Schema } from 'effect'
import type { Target } from '../../../domain/outbox.ts'
import { refuse } from '../errors.ts'
import { album, albumParts } from './album.ts'
import { contacts } from './contacts.ts'
import { edit } from './edit.ts'
import { event } from './event.ts'
import { forward } from './forward.ts'
import type { KindOfContent, Place, Requestable } from './kind.ts'
import { location } from './location.ts'
import { media } from './media.ts'
import { pin, unpin } from './pin.ts'
import { poll } from './poll.ts'
import { reaction } from './reaction.ts'
import { read } from './read.ts'
import { revoke } from './revoke.ts'
import { text } from './text.ts'

/** What applications can ask for, each by the field of the request that holds it. */
export const REQUESTABLE = {
  text,
  media,
  album,
  location,
  contacts,
  poll,
  event,
  reaction,
  edit,
  revoke,
  forward,
  pin,
  unpin
}

export const KINDS = [...Object.values(REQUESTABLE), read]

/** What an entry sends, as the outbox keeps it. */
export const OutboxContent = Schema.Union(KINDS.map(kind => kind.stored))
export type OutboxContent = typeof OutboxContent.Type

type Requestables = typeof REQUESTABLE
export type RequestField = keyof Requestables
/** What the field of each kind holds. */
type Requested = { readonly [Field in RequestField]: Requestables[Field]['request']['Type'] }

const byField: { readonly [Field in RequestField]: Requestable<Requested[Field], OutboxContent> } =
  REQUESTABLE

const isRequestField = (name: string): name is RequestField => Object.hasOwn(REQUESTABLE, name)
export const REQUEST_FIELDS: ReadonlyArray<RequestField> = Object.keys(REQUESTABLE).filter(isRequestField)

/** The content that one field of a request asks for. */
export const composeField = <Field extends RequestField>(
  field: Field,
  request: { readonly [Name in Field]?: Requested[Name] },
  place: Place
): ReturnType<Requestable<Requested[Field], OutboxContent>['compose']> => {
  const asked: Requested[Field] | undefined = request[field]
  return asked === undefined ? refuse(field, 'Expected a value') : byField[field].compose(asked, place)
}

/** The kind of this content, applied to it. */
export const kindOf = (content: OutboxContent): KindOfContent<OutboxContent> => {
  for (const kind of KINDS) {
    const found = kind.of(content)
    if (found !== undefined) return found
  }
  // Content is decoded by the union of all kinds.
  throw new Error(`There is no kind of content ${content.kind}`)
}

/** A message that is sent because of another one, and after it. */
export interface FollowingMessage {
  readonly whatsAppId: string
  readonly content: OutboxContent
}

/** The messages that follow this content; `own` is its own message. */
export const followingMessages = (content: OutboxContent, own: Target): ReadonlyArray<FollowingMessage> =>
  content.kind === 'album' ? albumParts(content, own) : []
