// The preview of a link in a text, as phones make it: from the page, before the message is sent. Off unless it is asked for,
// because the server of the page then sees this one. A preview that cannot be made leaves the text as it is.
import { Context, Effect, Layer, Schema } from 'effect'
import type { WireMessage } from '../../../whatsapp/convert/outgoing.ts'
import { Preparation } from '../preparation.ts'
import { type Fetched, fetchStart } from './fetch.ts'
import { summaryOf, textOf } from './page.ts'

export const LinkPreview = Schema.Struct({
  /** As it stands in the text. */
  url: Schema.String,
  title: Schema.String,
  description: Schema.optionalKey(Schema.String),
  /** A small JPEG, base64. */
  thumbnail: Schema.optionalKey(Schema.String)
})
export type LinkPreview = typeof LinkPreview.Type

/** The fields of a text with a preview. */
export const previewOnWire = ({
  description,
  thumbnail,
  title,
  url
}: LinkPreview): NonNullable<WireMessage['extendedTextMessage']> => ({
  matchedText: url,
  title,
  ...(description === undefined ? {} : { description }),
  ...(thumbnail === undefined ? {} : { jpegThumbnail: Buffer.from(thumbnail, 'base64') })
})

export interface LinkPreviewOptions {
  readonly enabled: boolean
  readonly allowPrivateAddresses: boolean
}

/** For the page and its picture together: the application waits for the answer meanwhile. */
const LONGEST_MS = 6000
const PAGE = { expected: /^(text\/html|application\/xhtml\+xml)/i, most: 512 * 1024 }
const PICTURE = { expected: /^image\//i, most: 4 * 1024 * 1024 }

/** Sentences end behind addresses, and brackets around them. */
const TRAILING = /[.,;:!?'")\]}>]$/

/** A bracket that is opened in the address belongs to it. */
const closesItsOwn = (address: string): boolean =>
  address.endsWith(')') && address.split('(').length >= address.split(')').length

const withoutTrailing = (address: string): string =>
  TRAILING.test(address) && !closesItsOwn(address) ? withoutTrailing(address.slice(0, -1)) : address

/** The first address in a text. */
export const linkIn = (text: string): string | undefined => {
  const [address] = /https?:\/\/[^\s<>"]{1,2000}/i.exec(text) ?? []
  return address === undefined ? undefined : withoutTrailing(address)
}

class NoPreview extends Schema.TaggedError<NoPreview>()('NoPreview', { reason: Schema.String }) {}

const noPreview = (cause: unknown) =>
  new NoPreview({ reason: cause instanceof Error ? cause.message : 'unknown' })

const thumbnailOf = Effect.fnUntraced(function* (picture: Fetched) {
  const preparation = yield* Preparation
  const { extras } = yield* preparation.perform({ type: 'preview', content: picture.content })
  return extras.thumbnail
})

const previewOf = Effect.fnUntraced(function* (link: string, allowPrivateAddresses: boolean) {
  const deadline = AbortSignal.timeout(LONGEST_MS)
  const get = (url: string, wanted: typeof PAGE) =>
    Effect.tryPromise({
      try: interrupted =>
        fetchStart(url, {
          ...wanted,
          allowPrivateAddresses,
          signal: AbortSignal.any([deadline, interrupted])
        }),
      catch: noPreview
    })
  const { content, contentType, url } = yield* get(link, PAGE)
  const { description, imageUrl, title } = summaryOf(textOf(content, contentType), url)
  if (title === undefined) return yield* new NoPreview({ reason: 'the page has no title' })
  const thumbnail =
    imageUrl === undefined
      ? undefined
      : // Words alone are a preview, too.
        yield* get(imageUrl, PICTURE).pipe(
          Effect.flatMap(thumbnailOf),
          Effect.catch(() => Effect.undefined)
        )
  return {
    url: link,
    title,
    ...(description === undefined ? {} : { description }),
    ...(thumbnail === undefined ? {} : { thumbnail })
  }
})

export class LinkPreviews extends Context.Service<
  LinkPreviews,
  {
    /** The preview of the first link in a text; `undefined` if there is none, or none can be made. */
    readonly of: (text: string) => Effect.Effect<LinkPreview | undefined>
  }
>()('backscroll/services/outbox/LinkPreviews') {
  static layer({
    allowPrivateAddresses,
    enabled
  }: LinkPreviewOptions): Layer.Layer<LinkPreviews, never, Preparation> {
    return Layer.effect(
      LinkPreviews,
      Effect.gen(function* () {
        const preparation = yield* Preparation
        return LinkPreviews.of({
          of: Effect.fn('LinkPreviews.of')(
            function* (text) {
              const link = enabled ? linkIn(text) : undefined
              return link === undefined ? undefined : yield* previewOf(link, allowPrivateAddresses)
            },
            // No address: it is the content of a message.
            Effect.tapError(({ reason }) => Effect.logDebug(`A link is sent without a preview: ${reason}`)),
            Effect.catch(() => Effect.undefined),
            Effect.provideService(Preparation, preparation)
          )
        })
      })
    )
  }
}
