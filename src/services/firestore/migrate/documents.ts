// Schemas of the documents in Firestore: each is decoded before it is stored here.
import { Effect, Schema } from 'effect'
import { AccountRecord, Disconnect, Suspension } from '../../../domain/account.ts'
import { CoverageState, Gap, Refusal } from '../../../domain/coverage.ts'
import { Incident } from '../../../domain/incident.ts'
import { Label } from '../../../domain/label.ts'
import { MediaResource, Message, Receipt } from '../../../domain/message.ts'
import { PastParticipant, Thread } from '../../../domain/thread.ts'

const { onlineAt: _, ...accountFields } = AccountRecord.fields

/** For fields that documents of earlier versions do not have. */
const ABSENT = Effect.succeed(null)

const AccountDocument = Schema.Struct({
  ...accountFields,
  lastDisconnect: Schema.NullOr(
    Schema.Struct({
      ...Disconnect.fields,
      source: Disconnect.fields.source.pipe(Schema.withDecodingDefaultTypeKey(ABSENT)),
      condition: Disconnect.fields.condition.pipe(Schema.withDecodingDefaultTypeKey(ABSENT))
    })
  ),
  labels: Schema.optionalKey(Schema.Array(Label)),
  suspension: Schema.NullOr(Suspension).pipe(Schema.withDecodingDefaultTypeKey(ABSENT))
})
export type AccountDocument = typeof AccountDocument.Type

const ThreadDocument = Schema.Struct({
  ...Thread.fields,
  // Documents that an earlier version wrote lack these.
  markedUnread: Schema.optionalKey(Thread.fields.markedUnread),
  clearedAt: Schema.optionalKey(Thread.fields.clearedAt),
  deletedAt: Schema.optionalKey(Thread.fields.deletedAt),
  labels: Schema.optionalKey(Thread.fields.labels),
  aliases: Schema.Array(Schema.String),
  coverage: Schema.Struct({
    state: CoverageState,
    beginningReached: Schema.Boolean,
    keptSince: Schema.NullOr(Schema.Finite).pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed(null))),
    gaps: Schema.Array(Gap),
    lastRefusal: Schema.NullOr(
      // Documents of earlier versions have no code.
      Schema.Struct({ ...Refusal.fields, code: Schema.optionalKey(Refusal.fields.code) })
    )
  }),
  pastParticipants: Schema.Array(PastParticipant)
})
export type ThreadDocument = typeof ThreadDocument.Type

/** What documents of earlier versions lack. */
const absent = Effect.succeed(null)

const media = Schema.Struct({
  ...MediaResource.fields,
  whatsAppId: MediaResource.fields.whatsAppId.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  variants: MediaResource.fields.variants.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed([])))
})

const { album, albumMessageId, association, forwarded, quoted, sharedBy, shortened, ...messageFields } =
  Message.fields

const MessageDocument = Schema.Struct({
  ...messageFields,
  media: Schema.NullOr(media),
  album: album.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  albumMessageId: albumMessageId.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  association: association.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  forwarded: forwarded.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  quoted: quoted.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  sharedBy: sharedBy.pipe(Schema.withDecodingDefaultTypeKey(absent)),
  shortened: shortened.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed([]))),
  starred: Schema.optionalKey(Message.fields.starred),
  labels: Schema.optionalKey(Message.fields.labels),
  deletedForMeAt: Schema.optionalKey(Message.fields.deletedForMeAt),
  receipts: Schema.Array(Receipt),
  raw: Schema.NullOr(Schema.Uint8Array),
  truncated: Schema.Array(Schema.String)
})
export type MessageDocument = typeof MessageDocument.Type

const ContactDocument = Schema.Struct({
  accountId: Schema.String,
  contactJid: Schema.String,
  name: Schema.NullOr(Schema.String),
  pushName: Schema.NullOr(Schema.String)
})
export type ContactDocument = typeof ContactDocument.Type

const IncidentDocument = Schema.Struct({
  ...Incident.fields,
  resolvedAt: Incident.fields.resolvedAt.pipe(Schema.withDecodingDefaultTypeKey(absent))
})
export type IncidentDocument = typeof IncidentDocument.Type

export const decodeAccountDocument = Schema.decodeUnknownEffect(AccountDocument)
export const decodeThreadDocument = Schema.decodeUnknownEffect(ThreadDocument)
export const decodeMessageDocument = Schema.decodeUnknownEffect(MessageDocument)
export const decodeContactDocument = Schema.decodeUnknownEffect(ContactDocument)
export const decodeIncidentDocument = Schema.decodeUnknownEffect(IncidentDocument)
