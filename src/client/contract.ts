// The contract of the API as types, and what the client has to know of each operation. Made by `npm run client`.
// oxlint-disable max-lines

/** What every event has, with its own type and data. */
export type EventOf<Type extends string, Data> = {
  readonly specversion: "1.0"
  readonly id: string
  readonly source: string
  readonly subject?: string
  readonly time: string
  readonly datacontenttype: "application/json"
  readonly dataschema: string
  readonly type: Type
  readonly data: Data
}

export type Event = MessageStoredEvent | MessageChangedEvent | MessageStatusEvent | MessageReactionEvent | MessageVoteEvent | MessageMediaEvent | CallRingingEvent | CallEndedEvent | ThreadChangedEvent | ThreadMergedEvent | GroupChangedEvent | ContactChangedEvent | ContactImportedEvent | AccountCreatedEvent | AccountLinkedEvent | AccountStateEvent | AccountPairingEvent | AccountPasskeyEvent | AccountRestrictionEvent | AccountRemovedEvent | CoverageChangedEvent | OutboxChangedEvent | IncidentReportedEvent | IncidentAcknowledgedEvent | IncidentResolvedEvent | EventsMissedEvent | SyncProgressEvent | PresenceChangedEvent | StreamOpenedEvent | WebhookTestEvent

/** A live message is stored */
export type MessageStoredEvent = EventOf<"message.stored", MessageEventData>

/** Anything else of a message changes: an edit, a deletion, a star, a label, content that arrives later */
export type MessageChangedEvent = EventOf<"message.changed", MessageEventData>

/** How far a message got: sent, delivered, read, failed */
export type MessageStatusEvent = EventOf<"message.status", MessageEventData>

/** Somebody reacts, or takes a reaction back */
export type MessageReactionEvent = EventOf<"message.reaction", MessageEventData>

/** Somebody votes in a poll */
export type MessageVoteEvent = EventOf<"message.vote", MessageEventData>

/** A file of the message can be fetched from this server */
export type MessageMediaEvent = EventOf<"message.media", MessageEventData>

/** A call comes in */
export type CallRingingEvent = EventOf<"call.ringing", MessageEventData>

/** A call is answered, declined or missed, or its duration is known */
export type CallEndedEvent = EventOf<"call.ended", MessageEventData>

/** Last message, unread count, name or settings of a thread change */
export type ThreadChangedEvent = EventOf<"thread.changed", ThreadEventData>

/** Two conversations were one person’s and became this one */
export type ThreadMergedEvent = EventOf<"thread.merged", ThreadEventData>

/** Others administer a group */
export type GroupChangedEvent = EventOf<"group.changed", GroupEventData>

/** A person has another name, or comes into the address book */
export type ContactChangedEvent = EventOf<"contact.changed", ContactEventData>

/** The address book comes in as a whole, when a phone was linked or has sent a new copy, with more than 100 people: there is no contact.changed for each. GET /v1/accounts/{accountId}/contacts has them */
export type ContactImportedEvent = EventOf<"contact.imported", ContactImportEventData>

/** An account is created */
export type AccountCreatedEvent = EventOf<"account.created", AccountEventData>

/** A phone is linked */
export type AccountLinkedEvent = EventOf<"account.linked", LinkedEventData>

/** The state of an account changes */
export type AccountStateEvent = EventOf<"account.state", AccountStateEventData>

/** A QR code or a pairing code is on offer, or another one. What the log has of it is not the code */
export type AccountPairingEvent = EventOf<"account.pairing", PairingEventData>

/** WhatsApp asks for a passkey while an account is being linked, or shows a code to compare */
export type AccountPasskeyEvent = EventOf<"account.passkey", PasskeyEventData>

/** WhatsApp does not let an account start conversations for a time, or lets it again */
export type AccountRestrictionEvent = EventOf<"account.restriction", RestrictionEventData>

/** An account and everything stored of it is removed */
export type AccountRemovedEvent = EventOf<"account.removed", AccountEventData>

/** More or less of a thread is known to be missing, or its beginning is reached */
export type CoverageChangedEvent = EventOf<"coverage.changed", CoverageEventData>

/** A message to be sent is accepted, waits, is sent, or is not */
export type OutboxChangedEvent = EventOf<"outbox.changed", OutboxEventData>

/** Something happened, or happened again, that a person should know */
export type IncidentReportedEvent = EventOf<"incident.reported", IncidentEventData>

/** A person has seen an incident */
export type IncidentAcknowledgedEvent = EventOf<"incident.acknowledged", IncidentEventData>

/** The cause of an incident is over */
export type IncidentResolvedEvent = EventOf<"incident.resolved", IncidentEventData>

/** Instead of events that are not there: not kept any more, for who was away for too long; or gone with the state of the database that an older copy has replaced. Read anew what you need */
export type EventsMissedEvent = EventOf<"events.missed", MissedEventData>

/** Once a second while history comes in, and once at its end */
export type SyncProgressEvent = EventOf<"sync.progress", SyncEventData>

/** A person comes online, types, records a voice message or stops, as far as WhatsApp tells this device */
export type PresenceChangedEvent = EventOf<"presence.changed", PresenceEventData>

/** A WebSocket has been opened; its `id` is the place to go on from (server-sent events have a line for that) */
export type StreamOpenedEvent = EventOf<"stream.opened", OpenedEventData>

/** Somebody tries a webhook */
export type WebhookTestEvent = EventOf<"webhook.test", TestEventData>

export type TestEventData = {
  readonly webhookId: string
}

export type OpenedEventData = {
  readonly after: number
}

export type PresenceEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly person: string
  readonly presence: "available" | "unavailable" | "composing" | "recording" | "paused"
  readonly lastSeenAt: number | null
}

export type SyncEventData = {
  readonly accountId: string
  readonly sync: {
    readonly chunksDone: number
    readonly chunksPending: number
    readonly chunksFailed: number
    readonly messages: number
    readonly percent: number | null
    readonly messagesPerSecond: number
    readonly secondsLeft: number | null
  }
  readonly coverage: CoverageSummary
}

export type CoverageSummary = {
  readonly complete: number
  readonly partial: number
  readonly unknown: number
}

export type MissedEventData = {
  readonly after: number
  readonly upTo: number
  readonly events: number | null
  readonly since: number | null
  readonly until: number | null
}

export type IncidentEventData = {
  readonly accountId: string | null
  readonly incidentId: string
  readonly incident: Incident | null
}

export type Incident = {
  readonly incidentId: string
  readonly accountId: string | null
  readonly kind: string
  readonly severity: "info" | "warning" | "error"
  readonly threadId: string | null
  readonly messageId: string | null
  readonly subject: string
  readonly happened: string
  readonly did: string
  readonly advice: string
  /** Milliseconds since 1970 */
  readonly firstSeenAt: number
  /** Milliseconds since 1970 */
  readonly lastSeenAt: number
  readonly count: number
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
}

export type OutboxEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly entryId: string
  readonly status: OutboxStatus
  readonly entry: OutboxEntry | null
}

export type OutboxEntry = {
  readonly accountId: string
  readonly entryId: string
  readonly threadId: string
  readonly messageId: string
  readonly kind: string
  readonly status: OutboxStatus
  readonly attempts: number
  readonly reason: string | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly sendAt: number | null
  readonly expiresAt: number | null
  readonly nextAttemptAt: number | null
}

export type OutboxStatus = "queued" | "sending" | "sent" | "failed" | "cancelled" | "expired"

export type CoverageEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly coverage: ThreadCoverage | null
}

export type ThreadCoverage = {
  readonly accountId: string
  readonly threadId: string
  readonly state: "complete" | "partial" | "unknown"
  readonly messages: number
  readonly oldest: CoverageEdge | null
  readonly newest: CoverageEdge | null
  readonly beginningReached: boolean
  readonly keptSince: number | null
  readonly gaps: ReadonlyArray<Gap>
  readonly requests: ReadonlyArray<{
    readonly requestId: string
    readonly gapId: number | null
    /** Milliseconds since 1970 */
    readonly askedAt: number
  }>
  readonly lastRefusal: {
    readonly code: "beginningHeld" | "countReached" | "timeReached" | "nothingHeld" | "filled" | "phoneSilent" | "chatNotAnswered" | "nothingOlder" | "noAccess" | "declined" | "unreadable" | "notTaken" | null
    readonly reason: string
    /** Milliseconds since 1970 */
    readonly at: number
  } | null
}

export type Gap = {
  readonly gapId: number
  readonly reason: "history-to-live" | "outage" | "lost-chunk" | "unread-announcement"
  readonly from: number | null
  readonly to: number | null
  /** Milliseconds since 1970 */
  readonly openedAt: number
}

export type CoverageEdge = {
  readonly messageId: string
  /** Milliseconds since 1970 */
  readonly at: number
}

export type AccountEventData = {
  readonly accountId: string
  readonly name: string
}

export type RestrictionEventData = {
  readonly accountId: string
  readonly restriction: Restriction | null
}

export type Restriction = {
  readonly kind: "reachout" | "capping"
  readonly reason: string
  /** Milliseconds since 1970 */
  readonly until: number
}

export type PasskeyEventData = {
  readonly accountId: string
  readonly passkey: {
    readonly options: PasskeyOptions
    /** Milliseconds since 1970 */
    readonly expiresAt: number
    readonly refusal: string | null
    readonly code: string | null
    readonly isConfirmed: boolean
  } | null
}

export type PasskeyOptions = {
  readonly challenge: string
  readonly timeout?: number
  readonly rpId: "whatsapp.com"
  readonly allowCredentials?: ReadonlyArray<{
    readonly id: string
    readonly type: "public-key"
    readonly transports?: ReadonlyArray<string>
  }>
  readonly userVerification?: "required" | "preferred" | "discouraged"
  readonly extensions?: {
    readonly uvm?: boolean
  }
}

export type PairingEventData = {
  readonly accountId: string
  readonly offer: {
    readonly method: "qr" | "code"
    readonly text: string
    /** Milliseconds since 1970 */
    readonly expiresAt: number
  } | null
}

export type AccountStateEventData = {
  readonly accountId: string
  readonly state: AccountState
  readonly from: AccountState | null
  readonly suspension: Suspension | null
  /** Milliseconds since 1970 */
  readonly at: number
}

export type Suspension = {
  readonly code: number | null
  readonly reason: string
  readonly until: number | null
  /** Milliseconds since 1970 */
  readonly since: number
}

export type AccountState = "stopped" | "pairing" | "pairing.passkey.requested" | "pairing.passkey.submitted" | "pairing.passkey.confirming" | "connecting" | "open" | "backfilling" | "loggingOut" | "reconnecting" | "suspended" | "loggedOut" | "replaced" | "banned" | "locked" | "failed"

export type LinkedEventData = {
  readonly accountId: string
  readonly jid: string
  readonly lid: string | null
}

export type ContactImportEventData = {
  readonly accountId: string
  readonly contacts: number
}

export type ContactEventData = {
  readonly accountId: string
  readonly contactJid: string
  readonly contact: Contact | null
}

export type Contact = {
  readonly accountId: string
  readonly contactJid: string
  readonly name: string | null
  readonly pushName: string | null
  readonly phoneNumber: string | null
  readonly addresses: ReadonlyArray<string>
}

export type GroupEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly thread: Thread | null
  readonly admins: ReadonlyArray<string>
}

export type Thread = {
  readonly accountId: string
  readonly threadId: string
  readonly clientJid: string
  readonly kind: "direct" | "group" | "channel" | "status" | "list"
  readonly displayName: string | null
  readonly lastMessageAt: number | null
  readonly lastMessageText: string | null
  readonly lastMessageDirection: "inbound" | "outbound" | null
  readonly unreadCount: number
  readonly markedUnread: boolean
  readonly archived: boolean
  readonly pinnedAt: number | null
  readonly mutedUntil: number | null
  readonly ephemeralSeconds: number
  readonly clearedAt: number | null
  readonly deletedAt: number | null
  readonly labels: ReadonlyArray<string>
  /** Milliseconds since 1970 */
  readonly createdAt: number
}

export type ThreadEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly thread: Thread | null
}

export type MessageEventData = {
  readonly accountId: string
  readonly threadId: string
  readonly messageId: string
  readonly message: {
    readonly accountId: string
    readonly threadId: string
    readonly messageId: string
    readonly messageKey: string
    readonly whatsAppId: string
    readonly direction: "inbound" | "outbound"
    readonly sender: string | null
    readonly senderName: string | null
    readonly type: string
    readonly body: string | null
    readonly media: Media | null
    readonly location: Location | null
    readonly contacts: ReadonlyArray<ContactCard>
    readonly poll: Poll | null
    readonly call: Call | null
    readonly answer: Answer | null
    readonly event: ChatEvent | null
    readonly eventResponses: ReadonlyArray<EventResponse>
    readonly mentions: ReadonlyArray<string>
    readonly viewOnce: boolean
    readonly forwarded: Forwarded | null
    readonly broadcast: boolean
    readonly album: Album | null
    readonly association: {
      readonly type: string
      readonly whatsAppId: string
      readonly messageId: string | null
    } | null
    readonly sharedBy: string | null
    readonly shortened: ReadonlyArray<string>
    readonly albumMessageId: string | null
    readonly quotedWhatsAppId: string | null
    readonly quotedMessageId: string | null
    readonly quoted: Quoted | null
    readonly reactions: ReadonlyArray<Reaction>
    readonly edits: ReadonlyArray<EarlierBody>
    readonly starred: boolean
    readonly labels: ReadonlyArray<string>
    readonly deletedForMeAt: number | null
    readonly unreadableAddOns: number
    readonly status: MessageStatus
    readonly statusReason: string | null
    /** Milliseconds since 1970 */
    readonly tsClient: number
    readonly tsClaimed: number | null
    /** Milliseconds since 1970 */
    readonly tsServer: number
    readonly bodyShortened: boolean
  } | null
  readonly changed: ReadonlyArray<string>
}

export type MessageStatus = "undecryptable" | "queued" | "cancelled" | "failed" | "sent" | "received" | "delivered" | "read" | "played"

export type EarlierBody = {
  readonly body: string | null
  /** Milliseconds since 1970 */
  readonly editedAt: number
}

export type Reaction = {
  readonly sender: string
  readonly emoji: string
  /** Milliseconds since 1970 */
  readonly at: number
}

export type Quoted = {
  readonly threadId: string | null
  readonly messageId: string | null
  readonly excerpt: string | null
  readonly isStatus: boolean
}

export type Album = {
  readonly images: number
  readonly videos: number
}

export type Forwarded = {
  readonly score: number
  readonly frequently: boolean
}

export type EventResponse = {
  readonly sender: string
  readonly response: "going" | "notGoing" | "maybe"
  readonly extraGuests: number
  /** Milliseconds since 1970 */
  readonly at: number
}

export type ChatEvent = {
  readonly kind: string
  readonly people: ReadonlyArray<string>
  readonly value: string | null
}

export type Answer = {
  readonly kind: "button" | "list" | "template" | "flow"
  readonly id: string | null
  readonly title: string | null
  readonly parameters: string | null
}

export type Call = {
  readonly video: boolean
  readonly outcome: "ringing" | "answered" | "declined" | "missed"
  readonly duration: number | null
}

export type Poll = {
  readonly question: string
  readonly options: ReadonlyArray<{
    readonly name: string
    readonly voters: ReadonlyArray<string>
  }>
  readonly selectable: number
}

export type ContactCard = {
  readonly name: string | null
  readonly phoneNumbers: ReadonlyArray<string>
  readonly vcard: string | null
}

export type Location = {
  readonly latitude: number
  readonly longitude: number
  readonly name: string | null
  readonly address: string | null
  readonly live: boolean
  readonly accuracy: number | null
}

export type Media = {
  readonly mimeType: string | null
  readonly fileName: string | null
  readonly size: number | null
  readonly duration: number | null
  readonly width: number | null
  readonly height: number | null
  readonly download: {
    readonly directPath: string
    readonly mediaKey: string
    readonly fileSha256: string | null
    readonly fileEncSha256: string | null
  } | null
  readonly fetched: {
    readonly state: "stored" | "waiting" | "gone" | "tooLarge" | "failed" | "removed"
    readonly reason: string | null
  } | null
  readonly stored: boolean
  readonly whatsAppId: string | null
  readonly variants: ReadonlyArray<MediaVariant>
}

export type MediaVariant = {
  readonly kind: "sd" | "hevc" | "motion"
  readonly mimeType: string | null
  readonly fileName: string | null
  readonly size: number | null
  readonly duration: number | null
  readonly width: number | null
  readonly height: number | null
  readonly download: {
    readonly directPath: string
    readonly mediaKey: string
    readonly fileSha256: string | null
    readonly fileEncSha256: string | null
  } | null
  readonly fetched: {
    readonly state: "stored" | "waiting" | "gone" | "tooLarge" | "failed" | "removed"
    readonly reason: string | null
  } | null
  readonly stored: boolean
  readonly whatsAppId: string | null
}

export type InternalFaultProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "internal"
  readonly type: "urn:backscroll:problem:internal"
  readonly status?: 500
  readonly title?: "Internal error; the log of the server has the details"
}

export type BadFieldProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "bad-field"
  readonly errors: ReadonlyArray<FieldError>
  readonly type: "urn:backscroll:problem:bad-field"
  readonly status?: 400
  readonly title?: "Bad Request"
}

export type FieldError = {
  /** Where: the part of the request (`params`, `query`, `payload` or `headers`), then the names of fields, and places in lists, counted from 0: ["payload", "album", 1, "url"] */
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

export type StoreUnavailableProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "store-unavailable"
  readonly type: "urn:backscroll:problem:store-unavailable"
  readonly status?: 503
  readonly title?: "The database is unavailable"
}

export type RateLimitedProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "rate-limited"
  readonly type: "urn:backscroll:problem:rate-limited"
  readonly status?: 429
  readonly title?: "The key has made too many requests"
}

export type ForbiddenProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "forbidden"
  readonly type: "urn:backscroll:problem:forbidden"
  readonly status?: 403
  readonly title?: "Access denied"
}

export type UnauthorizedProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "unauthorized"
  readonly type: "urn:backscroll:problem:unauthorized"
  readonly status?: 401
  readonly title?: "Authentication is required"
}

export type SettingList = {
  readonly settings: ReadonlyArray<Setting>
}

export type Setting = {
  readonly name: string
  readonly value: string | null
  readonly isDefault: boolean
  readonly default: string
  readonly meaning: string
  readonly allowed: string
}

export type Me = {
  readonly kind: "settings" | "key" | "user"
  readonly id: string | null
  readonly name: string | null
  readonly role: "viewer" | "agent" | "operator" | "admin"
  readonly accounts: "all" | ReadonlyArray<string>
  readonly events: "all" | ReadonlyArray<string>
  readonly expiresAt: number | null
  readonly postsStatuses: boolean
}

export type InspectorIsOffProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "inspector-off"
  readonly type: "urn:backscroll:problem:inspector-off"
  readonly status?: 409
  readonly title?: "The inspector is switched off"
}

export type InspectorTicket = {
  readonly ticket: string
  /** Milliseconds since 1970 */
  readonly expiresAt: number
}

export type Inspector = {
  readonly on: boolean
  readonly viewers: number
}

export type InspectorSwitch = {
  readonly on: boolean
}

export type Store = {
  readonly store: "sqlite" | "firestore"
  readonly publishing: PublishingStatus | null
  readonly disk: DiskSpace | null
}

export type DiskSpace = {
  readonly databaseBytes: number
  readonly freeBytes: number
  readonly totalBytes: number
}

export type PublishingStatus = {
  readonly waiting: number
  readonly waitingSince: number | null
  readonly refused: number
  readonly trouble: {
    readonly reason: string
    /** Milliseconds since 1970 */
    readonly since: number
  } | null
}

export type NotFoundProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "not-found"
  readonly type: "urn:backscroll:problem:not-found"
  readonly status?: 404
  readonly title?: "Not found"
}

export type Erasure = {
  readonly erasureId: string
  readonly accountId: string
  readonly status: "running" | "done"
  /** Milliseconds since 1970 */
  readonly requestedAt: number
  readonly endedAt: number | null
  readonly removed: {
    readonly messages: number
    readonly groupMessages: number
    readonly files: number
    readonly changedMessages: number
    readonly quotes: number
    readonly rows: Readonly<Record<string, number>>
  }
  readonly remains: ReadonlyArray<{
    readonly what: string
    readonly why: string
    readonly count: number | null
  }>
}

export type ErasureList = {
  readonly erasures: ReadonlyArray<Erasure>
}

export type PersonRequest = {
  readonly person: string
}

export type PersonUnknownProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "person-unknown"
  readonly type: "urn:backscroll:problem:person-unknown"
  readonly status?: 404
  readonly title?: "The account has nothing about this person"
}

export type RetentionDryRunResult = {
  readonly rules: ReadonlyArray<RetentionCount>
}

export type RetentionCount = {
  readonly rule: "messages" | "media" | "events" | "incidents" | "audit"
  readonly keep: number | null
  readonly keptSince: number | null
  readonly wouldRemove: number
  readonly oldest: number | null
  readonly accounts: ReadonlyArray<{
    readonly accountId: string
    readonly wouldRemove: number
  }>
}

export type RetentionDryRun = {
  readonly messages?: string
  readonly media?: string
  readonly events?: string
  readonly incidents?: string
  readonly audit?: string
}

export type Retention = {
  readonly rules: ReadonlyArray<RetentionState>
}

export type RetentionState = {
  readonly rule: "messages" | "media" | "events" | "incidents" | "audit"
  readonly setting: string
  readonly keep: number | null
  readonly keptSince: number | null
  readonly isRunning: boolean
  readonly lastRun: {
    /** Milliseconds since 1970 */
    readonly startedAt: number
    readonly endedAt: number | null
    readonly removed: number
  } | null
  readonly removedInAll: number
}

export type AuditPage = {
  readonly entries: ReadonlyArray<AuditEntry>
  readonly nextCursor: string | null
}

export type AuditEntry = {
  readonly auditId: number
  /** Milliseconds since 1970 */
  readonly at: number
  readonly caller: {
    readonly kind: "settings" | "key" | "user" | "link"
    readonly id: string | null
    readonly name: string | null
  }
  readonly operation: string
  readonly accountId: string | null
  readonly resources: Readonly<Record<string, string>>
  readonly remoteAddress: string | null
  readonly status: number | null
}

export type IssuedKey = {
  readonly keyId: string
  readonly name: string
  readonly role: "viewer" | "agent" | "operator" | "admin"
  readonly accounts: "all" | ReadonlyArray<string>
  readonly events: "all" | ReadonlyArray<string>
  readonly requestsPerMinute: number | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly rotatedAt: number | null
  readonly previousValidUntil: number | null
  readonly key: string
}

export type KeyRotation = {
  readonly overlapSeconds?: number
}

export type Key = {
  readonly keyId: string
  readonly name: string
  readonly role: "viewer" | "agent" | "operator" | "admin"
  readonly accounts: "all" | ReadonlyArray<string>
  readonly events: "all" | ReadonlyArray<string>
  readonly requestsPerMinute: number | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly rotatedAt: number | null
  readonly previousValidUntil: number | null
}

export type KeyChange = {
  readonly name?: string
  readonly role?: "viewer" | "agent" | "operator" | "admin"
  readonly accounts?: "all" | ReadonlyArray<string>
  readonly events?: "all" | ReadonlyArray<string>
  readonly requestsPerMinute?: number | null
  readonly expiresAt?: number | null
}

export type KeyList = {
  readonly keys: ReadonlyArray<Key>
}

export type TooManyKeysProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "too-many-keys"
  readonly type: "urn:backscroll:problem:too-many-keys"
  readonly status?: 409
  readonly title?: "There are too many keys"
}

export type NewKey = {
  readonly name: string
  readonly role: "viewer" | "agent" | "operator" | "admin"
  readonly accounts: "all" | ReadonlyArray<string>
  readonly events?: "all" | ReadonlyArray<string>
  readonly requestsPerMinute?: number | null
  readonly expiresAt?: number | null
}

export type ReplayedEvents = {
  readonly events: number
}

export type DeadLetterList = {
  readonly deadLetters: ReadonlyArray<DeadLetter>
}

export type DeadLetter = {
  readonly deadLetterId: number
  readonly eventId: number
  readonly type: string
  readonly attempts: number
  readonly status: number | null
  readonly reason: string | null
  readonly answer: string | null
  /** Milliseconds since 1970 */
  readonly at: number
}

export type WebhookDeliveryList = {
  readonly deliveries: ReadonlyArray<WebhookDelivery>
}

export type WebhookDelivery = {
  readonly deliveryId: number
  readonly eventId: number
  readonly type: string
  readonly events: number
  readonly attempt: number
  readonly outcome: "delivered" | "failed"
  readonly status: number | null
  readonly reason: string | null
  readonly answer: string | null
  readonly milliseconds: number
  /** Milliseconds since 1970 */
  readonly at: number
}

export type ReplayRequest = {
  readonly since: number
  readonly until?: number
  readonly types?: ReadonlyArray<string>
}

export type WebhookTestResult = {
  readonly isTaken: boolean
  readonly status: number | null
  readonly reason: string | null
  readonly answer: string | null
  readonly milliseconds: number
}

export type WebhookWithSecret = {
  readonly webhook: Webhook
  readonly secret: string
}

export type Webhook = {
  readonly webhookId: string
  readonly name: string
  readonly url: string
  readonly accountId: string | null
  readonly types: ReadonlyArray<string>
  readonly threadIds: ReadonlyArray<string>
  readonly format: "backscroll" | "evolution" | "waha" | "baileys-raw"
  readonly formatEvents: ReadonlyArray<string>
  readonly batch: WebhookBatch | null
  readonly keyId: string | null
  readonly headers: ReadonlyArray<string>
  readonly state: "active" | "paused" | "disabled"
  readonly reason: string | null
  readonly waiting: number
  readonly oldestWaitingAt: number | null
  readonly failingLanes: number
  readonly nextAttemptAt: number | null
  readonly deadLetters: number
  readonly previousSecretUntil: number | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  /** Milliseconds since 1970 */
  readonly updatedAt: number
}

export type WebhookBatch = {
  readonly maxEvents: number
  readonly maxWaitMs: number
}

export type SecretRotation = {
  readonly overlapSeconds?: number
}

export type WebhookChange = {
  readonly url?: string
  readonly name?: string
  readonly types?: ReadonlyArray<string>
  readonly threadIds?: ReadonlyArray<string>
  readonly format?: "backscroll" | "evolution" | "waha" | "baileys-raw"
  readonly formatEvents?: ReadonlyArray<string>
  readonly batch?: NewWebhookBatch | null
  readonly headers?: Readonly<Record<string, string>>
  readonly state?: "active" | "paused"
}

export type NewWebhookBatch = {
  readonly maxEvents: number
  readonly maxWaitMs: number
}

export type TooManyWebhooksProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "too-many-webhooks"
  readonly type: "urn:backscroll:problem:too-many-webhooks"
  readonly status?: 409
  readonly title?: "There are too many webhooks"
}

export type NewWebhook = {
  readonly url: string
  readonly name?: string
  readonly accountId?: string
  readonly types?: ReadonlyArray<string>
  readonly threadIds?: ReadonlyArray<string>
  readonly format?: "backscroll" | "evolution" | "waha" | "baileys-raw"
  readonly formatEvents?: ReadonlyArray<string>
  readonly batch?: NewWebhookBatch | null
  readonly headers?: Readonly<Record<string, string>>
  readonly secret?: string
}

export type WebhookList = {
  readonly webhooks: ReadonlyArray<Webhook>
}

export type IncidentList = {
  readonly incidents: ReadonlyArray<Incident>
}

export type DryRunReport = {
  readonly enabled: boolean
  readonly totals: {
    readonly threads: number
    readonly messages: number
  }
  readonly threads: ReadonlyArray<CountedThread>
  readonly nextCursor: string | null
}

export type CountedThread = {
  readonly threadId: string
  readonly clientJid: string
  readonly displayName: string | null
  readonly messages: number
  readonly held: number
  readonly oldest: number | null
  readonly newest: number | null
  readonly beginningReached: boolean
}

export type BackfillJob = {
  readonly jobId: string
  readonly accountId: string
  readonly origin: "automatic" | "request"
  readonly status: "running" | "done" | "cancelled"
  readonly threadId: string | null
  readonly threads: number
  readonly count: number
  readonly until: number | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly endedAt: number | null
  readonly parts: number
  readonly partsDone: number
  readonly partsRefused: number
  readonly messages: number
  readonly waitingFor: string | null
}

export type BackfillJobWithTasks = {
  readonly jobId: string
  readonly accountId: string
  readonly origin: "automatic" | "request"
  readonly status: "running" | "done" | "cancelled"
  readonly threadId: string | null
  readonly threads: number
  readonly count: number
  readonly until: number | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly endedAt: number | null
  readonly parts: number
  readonly partsDone: number
  readonly partsRefused: number
  readonly messages: number
  readonly waitingFor: string | null
  readonly tasks: ReadonlyArray<BackfillTask>
}

export type BackfillTask = {
  readonly threadId: string
  readonly gapId: number | null
  readonly status: "waiting" | "asked" | "done" | "refused" | "cancelled"
  readonly messages: number
  readonly pages: number
  readonly reason: string | null
  readonly code: "beginningHeld" | "countReached" | "timeReached" | "nothingHeld" | "filled" | "phoneSilent" | "chatNotAnswered" | "nothingOlder" | "noAccess" | "declined" | "unreadable" | "notTaken" | null
  readonly missing: {
    readonly from: number | null
    readonly to: number | null
  } | null
}

export type BackfillJobPage = {
  readonly jobs: ReadonlyArray<BackfillJob>
  readonly nextCursor: string | null
}

export type WrongStateProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "wrong-state"
  readonly state: string
  readonly type: "urn:backscroll:problem:wrong-state"
  readonly status?: 409
  readonly title?: "Not possible in the current state of the account"
}

export type BackfillRequest = {
  readonly threadId?: string
  readonly threads?: number
  readonly count?: number
  readonly until?: number
}

export type ThreadCoveragePage = {
  readonly threads: ReadonlyArray<ThreadCoverage>
  readonly nextCursor: string | null
}

export type AccountCoverage = {
  readonly threads: CoverageSummary
  readonly messages: number
}

export type SearchPage = {
  readonly hits: ReadonlyArray<SearchHit>
  readonly nextCursor: string | null
}

export type SearchHit = {
  readonly message: Message
  readonly threadId: string
  readonly threadName: string | null
  readonly highlights: ReadonlyArray<{
    readonly field: "body" | "fileName"
    readonly segments: ReadonlyArray<{
      readonly text: string
      readonly match: boolean
    }>
  }>
}

export type Message = {
  readonly accountId: string
  readonly threadId: string
  readonly messageId: string
  readonly messageKey: string
  readonly whatsAppId: string
  readonly direction: "inbound" | "outbound"
  readonly sender: string | null
  readonly senderName: string | null
  readonly type: string
  readonly body: string | null
  readonly media: Media | null
  readonly location: Location | null
  readonly contacts: ReadonlyArray<ContactCard>
  readonly poll: Poll | null
  readonly call: Call | null
  readonly answer: Answer | null
  readonly event: ChatEvent | null
  readonly eventResponses: ReadonlyArray<EventResponse>
  readonly mentions: ReadonlyArray<string>
  readonly viewOnce: boolean
  readonly forwarded: Forwarded | null
  readonly broadcast: boolean
  readonly album: Album | null
  readonly association: {
    readonly type: string
    readonly whatsAppId: string
    readonly messageId: string | null
  } | null
  readonly sharedBy: string | null
  readonly shortened: ReadonlyArray<string>
  readonly albumMessageId: string | null
  readonly quotedWhatsAppId: string | null
  readonly quotedMessageId: string | null
  readonly quoted: Quoted | null
  readonly reactions: ReadonlyArray<Reaction>
  readonly edits: ReadonlyArray<EarlierBody>
  readonly starred: boolean
  readonly labels: ReadonlyArray<string>
  readonly deletedForMeAt: number | null
  readonly unreadableAddOns: number
  readonly status: MessageStatus
  readonly statusReason: string | null
  /** Milliseconds since 1970 */
  readonly tsClient: number
  readonly tsClaimed: number | null
  /** Milliseconds since 1970 */
  readonly tsServer: number
}

export type MediaCounts = {
  readonly policy: "none" | "on-demand" | "recent" | "all"
  readonly stored: number
  readonly waiting: number
  readonly failed: number
  readonly notFetched: number
  readonly removed: number
}

export type MediaBrokenProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "media-unavailable"
  readonly type: "urn:backscroll:problem:media-unavailable"
  readonly status?: 502
  readonly title?: "The file could not be fetched from WhatsApp"
}

export type MediaOnItsWayProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "media-on-its-way"
  readonly type: "urn:backscroll:problem:media-on-its-way"
  readonly status?: 503
  readonly title?: "The file is not available yet; try again later"
}

export type MediaGoneForGoodProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "media-gone"
  readonly type: "urn:backscroll:problem:media-gone"
  readonly status?: 410
  readonly title?: "The file no longer exists"
}

export type MediaNotTakenProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "media-not-taken"
  readonly type: "urn:backscroll:problem:media-not-taken"
  readonly status?: 422
  readonly title?: "This server does not download the file"
}

export type NotWaitingProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "not-waiting"
  readonly entryStatus: string
  readonly type: "urn:backscroll:problem:not-waiting"
  readonly status?: 409
  readonly title?: "The outbox entry is no longer queued"
}

export type OutboxPage = {
  readonly entries: ReadonlyArray<OutboxEntry>
  readonly nextCursor: string | null
}

export type MessageWithReceipts = {
  readonly accountId: string
  readonly threadId: string
  readonly messageId: string
  readonly messageKey: string
  readonly whatsAppId: string
  readonly direction: "inbound" | "outbound"
  readonly sender: string | null
  readonly senderName: string | null
  readonly type: string
  readonly body: string | null
  readonly media: Media | null
  readonly location: Location | null
  readonly contacts: ReadonlyArray<ContactCard>
  readonly poll: Poll | null
  readonly call: Call | null
  readonly answer: Answer | null
  readonly event: ChatEvent | null
  readonly eventResponses: ReadonlyArray<EventResponse>
  readonly mentions: ReadonlyArray<string>
  readonly viewOnce: boolean
  readonly forwarded: Forwarded | null
  readonly broadcast: boolean
  readonly album: Album | null
  readonly association: {
    readonly type: string
    readonly whatsAppId: string
    readonly messageId: string | null
  } | null
  readonly sharedBy: string | null
  readonly shortened: ReadonlyArray<string>
  readonly albumMessageId: string | null
  readonly quotedWhatsAppId: string | null
  readonly quotedMessageId: string | null
  readonly quoted: Quoted | null
  readonly reactions: ReadonlyArray<Reaction>
  readonly edits: ReadonlyArray<EarlierBody>
  readonly starred: boolean
  readonly labels: ReadonlyArray<string>
  readonly deletedForMeAt: number | null
  readonly unreadableAddOns: number
  readonly status: MessageStatus
  readonly statusReason: string | null
  /** Milliseconds since 1970 */
  readonly tsClient: number
  readonly tsClaimed: number | null
  /** Milliseconds since 1970 */
  readonly tsServer: number
  readonly receipts: ReadonlyArray<Receipt>
}

export type Receipt = {
  readonly recipient: string
  readonly deliveredAt: number | null
  readonly readAt: number | null
  readonly playedAt: number | null
}

export type PinList = {
  readonly pins: ReadonlyArray<Pin>
}

export type Pin = {
  readonly message: Message
  /** Milliseconds since 1970 */
  readonly pinnedAt: number
  /** Milliseconds since 1970 */
  readonly until: number
}

export type MessagePage = {
  readonly messages: ReadonlyArray<Message>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
}

export type NotSentProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "not-sent"
  readonly entry: OutboxEntry
  readonly type: "urn:backscroll:problem:not-sent"
  readonly status?: 422
  readonly title?: "The message was not sent"
}

export type KeyReusedProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "idempotency-key-reused"
  readonly type: "urn:backscroll:problem:idempotency-key-reused"
  readonly status?: 409
  readonly title?: "This idempotency key was used for another message"
}

export type AcceptedMessage = {
  readonly entryId: string
  readonly messageId: string
  readonly threadId: string
  readonly status: OutboxStatus
  readonly parts?: ReadonlyArray<{
    readonly entryId: string
    readonly messageId: string
  }>
}

export type SentMessage = {
  readonly accountId: string
  readonly entryId: string
  readonly threadId: string
  readonly messageId: string
  readonly kind: string
  readonly status: OutboxStatus
  readonly attempts: number
  readonly reason: string | null
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly sendAt: number | null
  readonly expiresAt: number | null
  readonly nextAttemptAt: number | null
  readonly messageStatus: MessageStatus | null
  readonly parts?: ReadonlyArray<{
    readonly entryId: string
    readonly messageId: string
    readonly status: OutboxStatus
    readonly reason: string | null
    readonly messageStatus: MessageStatus | null
  }>
}

export type SendForm = {
  readonly to?: string
  readonly threadId?: string
  readonly replyTo?: string
  readonly sendAt?: string
  readonly expiresAt?: string
  readonly idempotencyKey?: string
  readonly type?: "image" | "video" | "audio" | "voice" | "document" | "sticker"
  readonly caption?: string
  readonly mentions?: string | ReadonlyArray<string>
  readonly fileName?: string
  readonly viewOnce?: boolean
  readonly file: Blob
}

export type SendRequest = {
  readonly to?: string
  readonly threadId?: string
  readonly replyTo?: string
  readonly sendAt?: number | string
  readonly expiresAt?: number | string
  readonly idempotencyKey?: string
  readonly mentions?: ReadonlyArray<string>
  readonly text?: string
  readonly media?: {
    readonly url: string
    readonly type?: "image" | "video" | "audio" | "voice" | "document" | "sticker"
    readonly mimeType?: string
    readonly fileName?: string
    readonly caption?: string
    readonly viewOnce?: boolean
  }
  readonly album?: ReadonlyArray<{
    readonly url: string
    readonly type?: "image" | "video" | "audio" | "voice" | "document" | "sticker"
    readonly mimeType?: string
    readonly fileName?: string
    readonly caption?: string
  }>
  readonly location?: {
    readonly latitude: number
    readonly longitude: number
    readonly name?: string
    readonly address?: string
  }
  readonly contacts?: ReadonlyArray<{
    readonly name: string
    readonly phoneNumber: string
  }>
  readonly poll?: {
    readonly question: string
    readonly options: ReadonlyArray<string>
    readonly selectable?: number
  }
  readonly event?: {
    readonly name: string
    readonly description?: string
    readonly location?: {
      readonly name: string
      readonly address?: string
      readonly latitude?: number
      readonly longitude?: number
    }
    readonly startAt: number | string
    readonly endAt?: number | string
    readonly extraGuests?: boolean
  }
  readonly reaction?: {
    readonly messageId: string
    readonly emoji: string
  }
  readonly edit?: {
    readonly messageId: string
    readonly text: string
  }
  readonly revoke?: {
    readonly messageId: string
  }
  readonly forward?: {
    readonly threadId: string
    readonly messageId: string
  }
  readonly pin?: {
    readonly messageId: string
    readonly seconds?: number
  }
  readonly unpin?: {
    readonly messageId: string
  }
}

export type TypingRequest = {
  readonly state: "composing" | "recording" | "paused"
}

export type ThreadWithPastParticipants = {
  readonly accountId: string
  readonly threadId: string
  readonly clientJid: string
  readonly kind: "direct" | "group" | "channel" | "status" | "list"
  readonly displayName: string | null
  readonly lastMessageAt: number | null
  readonly lastMessageText: string | null
  readonly lastMessageDirection: "inbound" | "outbound" | null
  readonly unreadCount: number
  readonly markedUnread: boolean
  readonly archived: boolean
  readonly pinnedAt: number | null
  readonly mutedUntil: number | null
  readonly ephemeralSeconds: number
  readonly clearedAt: number | null
  readonly deletedAt: number | null
  readonly labels: ReadonlyArray<string>
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly pastParticipants: ReadonlyArray<PastParticipant>
}

export type PastParticipant = {
  readonly jid: string
  readonly reason: "left" | "removed"
  readonly leftAt: number | null
}

export type LabelList = {
  readonly labels: ReadonlyArray<Label>
}

export type Label = {
  readonly labelId: string
  readonly name: string
  readonly color: number | null
  readonly predefinedId: number | null
}

export type ThreadPage = {
  readonly threads: ReadonlyArray<Thread>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
  readonly nextCursor: string | null
}

export type WhatsAppSilentProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "whatsapp-silent"
  readonly type: "urn:backscroll:problem:whatsapp-silent"
  readonly status?: 503
  readonly title?: "WhatsApp does not answer; try again later"
}

export type CheckedNumbers = {
  readonly numbers: ReadonlyArray<CheckedNumber>
}

export type CheckedNumber = {
  readonly number: string
  readonly exists: boolean
  readonly jid: string | null
  readonly lid: string | null
  readonly canonicalNumber: string | null
  /** Milliseconds since 1970 */
  readonly checkedAt: number
}

export type NumbersToCheck = {
  readonly numbers: ReadonlyArray<string>
}

export type ContactPage = {
  readonly contacts: ReadonlyArray<Contact>
  readonly nextCursor: string | null
}

export type PairingRefusedProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "pairing-refused"
  readonly kind: string
  readonly type: "urn:backscroll:problem:pairing-refused"
  readonly status?: 409
  readonly title?: "WhatsApp did not link the account"
}

export type LinkState = {
  readonly step: "ready" | "waiting" | "offered" | "passkey" | "linking" | "linked"
  readonly name: string
  readonly qr: string | null
  readonly code: string | null
  readonly passkey: {
    readonly step: "requested" | "submitted" | "confirming"
    readonly options: PasskeyOptions
    readonly refusal: string | null
    readonly code: string | null
    readonly isConfirmed: boolean
  } | null
  readonly expiresAt: number | null
  readonly problem: string | null
  readonly problemKind: "codeRefused" | "passkeyRefused" | "passkeyExpired" | "disconnected" | null
}

export type PasskeyAssertion = {
  readonly id: string
  readonly rawId: string
  readonly type: "public-key"
  readonly authenticatorAttachment?: string | null
  readonly clientExtensionResults?: Readonly<Record<string, unknown>>
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null
  }
}

export type PairingRequest = {
  readonly method: "qr" | "code"
  readonly phoneNumber?: string
}

export type LinkTicket = {
  readonly ticket: string
  readonly path: string
  /** Milliseconds since 1970 */
  readonly expiresAt: number
}

export type Passkey = {
  readonly step: "requested" | "submitted" | "confirming"
  /** Milliseconds since 1970 */
  readonly expiresAt: number
  readonly options: PasskeyOptions
  readonly origin: "https://web.whatsapp.com"
  readonly script: string
  readonly refusal: string | null
  readonly code: string | null
  readonly isConfirmed: boolean
}

export type Account = {
  readonly accountId: string
  readonly name: string
  /** Milliseconds since 1970 */
  readonly createdAt: number
  readonly state: AccountState
  readonly tags: ReadonlyArray<string>
  readonly jid: string | null
  readonly lid: string | null
  readonly lastDisconnect: Disconnect | null
  readonly restriction: Restriction | null
  readonly suspension: Suspension | null
  readonly pairingFailure: PairingFailure | null
  readonly reconnectAttempts: number
  readonly clientVersion: string | null
  readonly lastHeardAt: number | null
  readonly lastSentAt: number | null
  readonly proxy: {
    readonly address: string
    readonly source: "account" | "default"
  } | null
  readonly sync: SyncProgress
  readonly coverage: CoverageSummary
  readonly counts: {
    readonly threads: number
    readonly messages: number
  }
}

export type SyncProgress = {
  readonly chunksDone: number
  readonly chunksPending: number
  readonly chunksFailed: number
  readonly messages: number
  readonly percent: number | null
  readonly messagesPerSecond: number
  readonly secondsLeft: number | null
  readonly phoneSilentUntil: number | null
}

export type PairingFailure = {
  readonly kind: "codeRefused" | "passkeyRefused" | "passkeyExpired"
  readonly reason: string
}

export type Disconnect = {
  readonly code: number
  readonly source: "failure" | "streamError" | "http" | "proxy" | "network" | "server" | null
  readonly condition: string | null
  readonly reason: string
  /** Milliseconds since 1970 */
  readonly at: number
}

export type PairingOffer = {
  readonly method: "qr" | "code"
  readonly qr: string | null
  readonly code: string | null
  /** Milliseconds since 1970 */
  readonly expiresAt: number
}

export type AccountChange = {
  readonly proxy: string | null
}

export type AccountList = {
  readonly accounts: ReadonlyArray<Account>
}

export type SessionInUseProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "session-in-use"
  readonly reason: string
  readonly accountId: string | null
  readonly type: "urn:backscroll:problem:session-in-use"
  readonly status?: 409
  readonly title?: "This session is used already"
}

export type SessionUnusableProblem = {
  readonly detail?: string
  readonly instance?: string
  readonly code: "session-unusable"
  readonly reason: string
  readonly missing: ReadonlyArray<string>
  readonly type: "urn:backscroll:problem:session-unusable"
  readonly status?: 422
  readonly title?: "This session cannot be taken over"
}

export type ImportedSession = {
  readonly account: Account
  readonly outcome: "connected" | "pending"
  readonly taken: Readonly<Record<string, number>>
  readonly leftOut: Readonly<Record<string, number>>
}

export type ImportForm = {
  readonly name?: string
  readonly session?: string
  readonly again?: boolean
  readonly file: Blob
}

export type NewAccount = {
  readonly name: string
  readonly proxy?: string | null
}

export type Readiness = {
  readonly status: "ready"
}

export type Health = {
  readonly status: "ok"
}

/** A refusal (RFC 9457). Some codes have more fields; docs/errors.md tells of each. */
export type Problem = {
  /** The code as a URN */
  readonly type: string
  readonly status: number
  readonly title: string
  /** What is wrong, for programs. New codes are added: bad-field, body-too-large, expectation-failed, forbidden, foreign-origin, headers-too-large, idempotency-key-reused, inspector-off, internal, media-gone, media-not-taken, media-on-its-way, media-unavailable, method-not-allowed, no-endpoint, no-socket, not-found, not-sent, not-waiting, pairing-refused, person-unknown, rate-limited, request-too-slow, session-in-use, session-unusable, store-unavailable, too-many-keys, too-many-webhooks, unauthorized, unreadable-request, unsupported-media-type, upgrade-required, whatsapp-silent, wrong-host, wrong-state */
  readonly code: string
  /** What is wrong with this request and what to do */
  readonly detail?: string
}

export interface Operations {
  /** Liveness probe */
  readonly "health": {
    readonly input: {}
    readonly result: Health
    readonly item: never
  }
  /** Readiness probe */
  readonly "ready": {
    readonly input: {}
    readonly result: Readiness
    readonly item: never
  }
  /** Prometheus metrics */
  readonly "metrics": {
    readonly input: {}
    readonly result: Response
    readonly item: never
  }
  /** Create an account */
  readonly "accounts.create": {
    readonly input: {
      readonly body: NewAccount
    }
    readonly result: Account
    readonly item: never
  }
  /** List accounts */
  readonly "accounts.list": {
    readonly input: {}
    readonly result: AccountList
    readonly item: never
  }
  /** Import a linked session */
  readonly "accounts.import": {
    readonly input: {
      readonly name?: string
      readonly session?: string
      readonly again?: boolean
      readonly body: FormData | Blob | object
    }
    readonly result: ImportedSession
    readonly item: never
  }
  /** Get an account */
  readonly "accounts.get": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Account
    readonly item: never
  }
  /** Change an account */
  readonly "accounts.change": {
    readonly input: {
      readonly accountId: string
      readonly body: AccountChange
    }
    readonly result: Account
    readonly item: never
  }
  /** Delete an account */
  readonly "accounts.remove": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: undefined
    readonly item: never
  }
  /** Link a phone */
  readonly "accounts.pair": {
    readonly input: {
      readonly accountId: string
      readonly body: PairingRequest
    }
    readonly result: Account
    readonly item: never
  }
  /** Get the QR code or pairing code */
  readonly "accounts.qr": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: PairingOffer
    readonly item: never
  }
  /** Get the QR code as PNG */
  readonly "accounts.qrPng": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Response
    readonly item: never
  }
  /** Get the QR code as SVG */
  readonly "accounts.qrSvg": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Response
    readonly item: never
  }
  /** Connect an account */
  readonly "accounts.connect": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Account
    readonly item: never
  }
  /** Disconnect an account */
  readonly "accounts.disconnect": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Account
    readonly item: never
  }
  /** Log out of WhatsApp */
  readonly "accounts.logout": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Account
    readonly item: never
  }
  /** Restart an account */
  readonly "accounts.restart": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Account
    readonly item: never
  }
  /** Get the passkey request */
  readonly "passkey.passkey": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Passkey
    readonly item: never
  }
  /** Give the passkey assertion */
  readonly "passkey.assertPasskey": {
    readonly input: {
      readonly accountId: string
      readonly body: PasskeyAssertion
    }
    readonly result: Passkey
    readonly item: never
  }
  /** Confirm the code */
  readonly "passkey.confirmPasskey": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: Passkey
    readonly item: never
  }
  /** Create a link for the phone’s owner */
  readonly "linkTickets.linkTicket": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: LinkTicket
    readonly item: never
  }
  /** Get how far the linking is */
  readonly "link.state": {
    readonly input: {
      readonly ticket: string
    }
    readonly result: LinkState
    readonly item: never
  }
  /** Begin linking */
  readonly "link.pair": {
    readonly input: {
      readonly ticket: string
      readonly body: PairingRequest
    }
    readonly result: LinkState
    readonly item: never
  }
  /** Give the passkey assertion */
  readonly "link.assertion": {
    readonly input: {
      readonly ticket: string
      readonly body: PasskeyAssertion
    }
    readonly result: LinkState
    readonly item: never
  }
  /** Confirm that the phone shows the same code */
  readonly "link.confirm": {
    readonly input: {
      readonly ticket: string
    }
    readonly result: LinkState
    readonly item: never
  }
  /** Stop linking */
  readonly "link.abandon": {
    readonly input: {
      readonly ticket: string
    }
    readonly result: LinkState
    readonly item: never
  }
  /** List contacts */
  readonly "contacts.list": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly cursor?: string
      /** A part of the name or push name, ignoring case and diacritics, or three or more digits of the phone number */
      readonly q?: string
      readonly saved?: boolean
    }
    readonly result: ContactPage
    readonly item: Contact
  }
  /** Check which numbers are on WhatsApp */
  readonly "contacts.check": {
    readonly input: {
      readonly accountId: string
      readonly body: NumbersToCheck
    }
    readonly result: CheckedNumbers
    readonly item: never
  }
  /** List threads */
  readonly "accounts.threads": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly before?: string
      readonly after?: string
      readonly cursor?: string
      readonly archived?: boolean
      readonly deleted?: boolean
      readonly label?: string
      readonly unread?: boolean
      readonly kind?: "direct" | "group" | "channel" | "status" | "list"
      /** A part of the name, ignoring case and diacritics, or three or more digits of the phone number */
      readonly q?: string
    }
    readonly result: ThreadPage
    readonly item: Thread
  }
  /** List labels */
  readonly "accounts.labels": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: LabelList
    readonly item: never
  }
  /** Get a thread */
  readonly "threads.thread": {
    readonly input: {
      readonly threadId: string
    }
    readonly result: ThreadWithPastParticipants
    readonly item: never
  }
  /** Mark a thread as read */
  readonly "threads.read": {
    readonly input: {
      readonly threadId: string
    }
    readonly result: Thread
    readonly item: never
  }
  /** Show a typing indicator */
  readonly "threads.typing": {
    readonly input: {
      readonly threadId: string
      readonly body: TypingRequest
    }
    readonly result: undefined
    readonly item: never
  }
  /** Send a message */
  readonly "outbox.send": {
    readonly input: {
      readonly accountId: string
      /** Answers when WhatsApp has the message (`sent`) or the recipient has it (`delivered`); at once without it. */
      readonly wait?: "sent" | "delivered"
      /** How long to wait, with its unit: from 1ms to 2m, 30s by default. Only with `wait`. */
      readonly timeout?: string
      readonly body: SendRequest | FormData
    }
    readonly result: SentMessage | AcceptedMessage
    readonly item: never
  }
  /** List messages of a thread */
  readonly "threads.messages": {
    readonly input: {
      readonly threadId: string
      readonly limit?: number
      readonly before?: string
      readonly after?: string
      /** Sent at this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Sent before this time; same format as `since` */
      readonly until?: string
      /** The sender: a phone number with country code, any address of the person, or `me` for the account */
      readonly sender?: string
      /** The type: one or more of text, image, video, audio, voice, document, sticker, stickerPack, album, contact, location, poll, event, product, order, payment, invite, call, system, revoked, undecryptable, unsupported, separated by commas */
      readonly type?: string
    }
    readonly result: MessagePage
    readonly item: Message
  }
  /** List pinned messages */
  readonly "threads.pins": {
    readonly input: {
      readonly threadId: string
    }
    readonly result: PinList
    readonly item: never
  }
  /** Get a message */
  readonly "threads.message": {
    readonly input: {
      readonly threadId: string
      readonly messageId: string
    }
    readonly result: MessageWithReceipts
    readonly item: never
  }
  /** List outbox entries */
  readonly "outbox.list": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly cursor?: string
      readonly status?: OutboxStatus
    }
    readonly result: OutboxPage
    readonly item: OutboxEntry
  }
  /** Get an outbox entry */
  readonly "outbox.entry": {
    readonly input: {
      readonly accountId: string
      readonly entryId: string
    }
    readonly result: OutboxEntry
    readonly item: never
  }
  /** Cancel a queued message */
  readonly "outbox.cancel": {
    readonly input: {
      readonly accountId: string
      readonly entryId: string
    }
    readonly result: OutboxEntry
    readonly item: never
  }
  /** Download the file of a message */
  readonly "media.file": {
    readonly input: {
      readonly messageKey: string
      readonly variant?: "hd" | "sd" | "hevc" | "motion"
    }
    readonly result: Response
    readonly item: never
  }
  /** Count received files */
  readonly "media.overview": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: MediaCounts
    readonly item: never
  }
  /** Search messages */
  readonly "reading.search": {
    readonly input: {
      readonly accountId: string
      readonly q: string
      readonly threadId?: string
      /** Sent at this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Sent before this time; same format as `since` */
      readonly until?: string
      /** The sender: a phone number with country code, any address of the person, or `me` for the account */
      readonly sender?: string
      /** The type: one or more of text, image, video, audio, voice, document, sticker, stickerPack, album, contact, location, poll, event, product, order, payment, invite, call, system, revoked, undecryptable, unsupported, separated by commas */
      readonly type?: string
      readonly order?: "newest" | "relevance"
      readonly limit?: number
      readonly cursor?: string
    }
    readonly result: SearchPage
    readonly item: SearchHit
  }
  /** Export a thread */
  readonly "reading.exportThread": {
    readonly input: {
      readonly threadId: string
      /** Sent at this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Sent before this time; same format as `since` */
      readonly until?: string
    }
    readonly result: Response
    readonly item: never
  }
  /** Export an account */
  readonly "reading.exportAccount": {
    readonly input: {
      readonly accountId: string
      /** Sent at this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Sent before this time; same format as `since` */
      readonly until?: string
    }
    readonly result: Response
    readonly item: never
  }
  /** Get the coverage of a thread */
  readonly "history.coverage": {
    readonly input: {
      readonly threadId: string
    }
    readonly result: ThreadCoverage
    readonly item: never
  }
  /** Get the coverage of an account */
  readonly "history.accountCoverage": {
    readonly input: {
      readonly accountId: string
    }
    readonly result: AccountCoverage
    readonly item: never
  }
  /** List the coverage of threads */
  readonly "history.threadsCoverage": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly cursor?: string
      readonly state?: "complete" | "partial" | "unknown"
    }
    readonly result: ThreadCoveragePage
    readonly item: ThreadCoverage
  }
  /** Start a backfill job */
  readonly "history.backfill": {
    readonly input: {
      readonly accountId: string
      readonly body?: BackfillRequest
    }
    readonly result: BackfillJob
    readonly item: never
  }
  /** List backfill jobs */
  readonly "history.backfillJobs": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly cursor?: string
    }
    readonly result: BackfillJobPage
    readonly item: BackfillJob
  }
  /** Get a backfill job */
  readonly "history.backfillJob": {
    readonly input: {
      readonly accountId: string
      readonly jobId: string
    }
    readonly result: BackfillJobWithTasks
    readonly item: never
  }
  /** Cancel a backfill job */
  readonly "history.cancelBackfill": {
    readonly input: {
      readonly accountId: string
      readonly jobId: string
    }
    readonly result: BackfillJob
    readonly item: never
  }
  /** Get the dry run report */
  readonly "history.dryRun": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
      readonly cursor?: string
    }
    readonly result: DryRunReport
    readonly item: CountedThread
  }
  /** Stream events */
  readonly "feed.events": {
    readonly input: {
      readonly after?: number
      readonly accountId?: string
      readonly types?: string
      readonly threadId?: string
    }
    readonly result: Response
    readonly item: never
  }
  /** List incidents */
  readonly "feed.incidents": {
    readonly input: {
      readonly limit?: number
      readonly accountId?: string
      readonly acknowledged?: boolean
    }
    readonly result: IncidentList
    readonly item: never
  }
  /** Acknowledge an incident */
  readonly "feed.acknowledge": {
    readonly input: {
      readonly incidentId: string
    }
    readonly result: Incident
    readonly item: never
  }
  /** List webhooks */
  readonly "webhooks.list": {
    readonly input: {}
    readonly result: WebhookList
    readonly item: never
  }
  /** Create a webhook */
  readonly "webhooks.create": {
    readonly input: {
      readonly body: NewWebhook
    }
    readonly result: WebhookWithSecret
    readonly item: never
  }
  /** Show a webhook */
  readonly "webhooks.get": {
    readonly input: {
      readonly webhookId: string
    }
    readonly result: Webhook
    readonly item: never
  }
  /** Change a webhook */
  readonly "webhooks.change": {
    readonly input: {
      readonly webhookId: string
      readonly body?: WebhookChange
    }
    readonly result: Webhook
    readonly item: never
  }
  /** Delete a webhook */
  readonly "webhooks.delete": {
    readonly input: {
      readonly webhookId: string
    }
    readonly result: undefined
    readonly item: never
  }
  /** Replace the secret of a webhook */
  readonly "webhooks.renewSecret": {
    readonly input: {
      readonly webhookId: string
      readonly body?: SecretRotation
    }
    readonly result: WebhookWithSecret
    readonly item: never
  }
  /** Test a webhook */
  readonly "webhooks.test": {
    readonly input: {
      readonly webhookId: string
    }
    readonly result: WebhookTestResult
    readonly item: never
  }
  /** Deliver events again */
  readonly "webhooks.replay": {
    readonly input: {
      readonly webhookId: string
      readonly body: ReplayRequest
    }
    readonly result: ReplayedEvents
    readonly item: never
  }
  /** List attempts to deliver */
  readonly "webhooks.deliveries": {
    readonly input: {
      readonly webhookId: string
      readonly limit?: number
    }
    readonly result: WebhookDeliveryList
    readonly item: never
  }
  /** List events that were given up */
  readonly "webhooks.deadLetters": {
    readonly input: {
      readonly webhookId: string
      readonly limit?: number
    }
    readonly result: DeadLetterList
    readonly item: never
  }
  /** Deliver events that were given up */
  readonly "webhooks.replayDeadLetters": {
    readonly input: {
      readonly webhookId: string
    }
    readonly result: ReplayedEvents
    readonly item: never
  }
  /** Create a key */
  readonly "keys.create": {
    readonly input: {
      readonly body: NewKey
    }
    readonly result: IssuedKey
    readonly item: never
  }
  /** List keys */
  readonly "keys.list": {
    readonly input: {}
    readonly result: KeyList
    readonly item: never
  }
  /** Get a key */
  readonly "keys.get": {
    readonly input: {
      readonly keyId: string
    }
    readonly result: Key
    readonly item: never
  }
  /** Change a key */
  readonly "keys.change": {
    readonly input: {
      readonly keyId: string
      readonly body?: KeyChange
    }
    readonly result: Key
    readonly item: never
  }
  /** Revoke a key */
  readonly "keys.remove": {
    readonly input: {
      readonly keyId: string
    }
    readonly result: undefined
    readonly item: never
  }
  /** Exchange the secret of a key */
  readonly "keys.rotate": {
    readonly input: {
      readonly keyId: string
      readonly body?: KeyRotation
    }
    readonly result: IssuedKey
    readonly item: never
  }
  /** List changes made through the API */
  readonly "audit.list": {
    readonly input: {
      readonly accountId?: string
      readonly callerId?: string
      readonly operation?: string
      /** At this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Before this time; same format as `since` */
      readonly until?: string
      readonly limit?: number
      readonly cursor?: string
    }
    readonly result: AuditPage
    readonly item: AuditEntry
  }
  /** Export the audit log */
  readonly "audit.export": {
    readonly input: {
      readonly accountId?: string
      readonly callerId?: string
      readonly operation?: string
      /** At this time or later: milliseconds since 1970, or ISO 8601 (UTC when it has no time zone) */
      readonly since?: string
      /** Before this time; same format as `since` */
      readonly until?: string
    }
    readonly result: Response
    readonly item: never
  }
  /** What is kept for how long */
  readonly "retention.get": {
    readonly input: {}
    readonly result: Retention
    readonly item: never
  }
  /** Count what would be removed */
  readonly "retention.dryRun": {
    readonly input: {
      readonly body?: RetentionDryRun
    }
    readonly result: RetentionDryRunResult
    readonly item: never
  }
  /** Export everything about a person */
  readonly "personalData.export": {
    readonly input: {
      readonly accountId: string
      readonly body: PersonRequest
    }
    readonly result: Response
    readonly item: never
  }
  /** Export everything about a person, with files */
  readonly "personalData.archive": {
    readonly input: {
      readonly accountId: string
      readonly body: PersonRequest
    }
    readonly result: Response
    readonly item: never
  }
  /** Erase a person */
  readonly "personalData.erase": {
    readonly input: {
      readonly accountId: string
      readonly body: PersonRequest
    }
    readonly result: Erasure
    readonly item: never
  }
  /** List erasures */
  readonly "personalData.erasures": {
    readonly input: {
      readonly accountId: string
      readonly limit?: number
    }
    readonly result: ErasureList
    readonly item: never
  }
  /** Get an erasure with its report */
  readonly "personalData.erasure": {
    readonly input: {
      readonly accountId: string
      readonly erasureId: string
    }
    readonly result: Erasure
    readonly item: never
  }
  /** Get the store status */
  readonly "store.store": {
    readonly input: {}
    readonly result: Store
    readonly item: never
  }
  /** Get the inspector status */
  readonly "inspector.inspector": {
    readonly input: {}
    readonly result: Inspector
    readonly item: never
  }
  /** Switch the inspector on or off */
  readonly "inspector.turnInspector": {
    readonly input: {
      readonly body: InspectorSwitch
    }
    readonly result: Inspector
    readonly item: never
  }
  /** Create an inspector ticket */
  readonly "inspector.inspectorTicket": {
    readonly input: {}
    readonly result: InspectorTicket
    readonly item: never
  }
  /** Get what the key may do */
  readonly "me": {
    readonly input: {}
    readonly result: Me
    readonly item: never
  }
  /** List the settings in force */
  readonly "settings": {
    readonly input: {}
    readonly result: SettingList
    readonly item: never
  }
}

export const OPERATIONS = {
  "health": {"method":"GET","path":"/health","query":[],"result":"json"},
  "ready": {"method":"GET","path":"/ready","query":[],"result":"json"},
  "metrics": {"method":"GET","path":"/metrics","query":[],"result":"response"},
  "accounts.create": {"method":"POST","path":"/v1/accounts","query":[],"result":"json"},
  "accounts.list": {"method":"GET","path":"/v1/accounts","query":[],"result":"json"},
  "accounts.import": {"method":"POST","path":"/v1/accounts/import","query":["name","session","again"],"result":"json"},
  "accounts.get": {"method":"GET","path":"/v1/accounts/{accountId}","query":[],"result":"json"},
  "accounts.change": {"method":"PATCH","path":"/v1/accounts/{accountId}","query":[],"result":"json"},
  "accounts.remove": {"method":"DELETE","path":"/v1/accounts/{accountId}","query":[],"result":"nothing"},
  "accounts.pair": {"method":"POST","path":"/v1/accounts/{accountId}/pair","query":[],"result":"json"},
  "accounts.qr": {"method":"GET","path":"/v1/accounts/{accountId}/qr","query":[],"result":"json"},
  "accounts.qrPng": {"method":"GET","path":"/v1/accounts/{accountId}/qr.png","query":[],"result":"response"},
  "accounts.qrSvg": {"method":"GET","path":"/v1/accounts/{accountId}/qr.svg","query":[],"result":"response"},
  "accounts.connect": {"method":"POST","path":"/v1/accounts/{accountId}/connect","query":[],"result":"json"},
  "accounts.disconnect": {"method":"POST","path":"/v1/accounts/{accountId}/disconnect","query":[],"result":"json"},
  "accounts.logout": {"method":"POST","path":"/v1/accounts/{accountId}/logout","query":[],"result":"json"},
  "accounts.restart": {"method":"POST","path":"/v1/accounts/{accountId}/restart","query":[],"result":"json"},
  "passkey.passkey": {"method":"GET","path":"/v1/accounts/{accountId}/passkey","query":[],"result":"json"},
  "passkey.assertPasskey": {"method":"POST","path":"/v1/accounts/{accountId}/passkey/assertion","query":[],"result":"json"},
  "passkey.confirmPasskey": {"method":"POST","path":"/v1/accounts/{accountId}/passkey/confirm","query":[],"result":"json"},
  "linkTickets.linkTicket": {"method":"POST","path":"/v1/accounts/{accountId}/link-tickets","query":[],"result":"json"},
  "link.state": {"method":"GET","path":"/link/{ticket}/state","query":[],"result":"json"},
  "link.pair": {"method":"POST","path":"/link/{ticket}/pair","query":[],"result":"json"},
  "link.assertion": {"method":"POST","path":"/link/{ticket}/assertion","query":[],"result":"json"},
  "link.confirm": {"method":"POST","path":"/link/{ticket}/confirm","query":[],"result":"json"},
  "link.abandon": {"method":"POST","path":"/link/{ticket}/abandon","query":[],"result":"json"},
  "contacts.list": {"method":"GET","path":"/v1/accounts/{accountId}/contacts","query":["limit","cursor","q","saved"],"result":"json","pages":{"items":"contacts","next":"nextCursor","parameter":"cursor"}},
  "contacts.check": {"method":"POST","path":"/v1/accounts/{accountId}/contacts/check","query":[],"result":"json"},
  "accounts.threads": {"method":"GET","path":"/v1/accounts/{accountId}/threads","query":["limit","before","after","cursor","archived","deleted","label","unread","kind","q"],"result":"json","pages":{"items":"threads","next":"olderCursor","parameter":"before"}},
  "accounts.labels": {"method":"GET","path":"/v1/accounts/{accountId}/labels","query":[],"result":"json"},
  "threads.thread": {"method":"GET","path":"/v1/threads/{threadId}","query":[],"result":"json"},
  "threads.read": {"method":"POST","path":"/v1/threads/{threadId}/read","query":[],"result":"json"},
  "threads.typing": {"method":"POST","path":"/v1/threads/{threadId}/typing","query":[],"result":"nothing"},
  "outbox.send": {"method":"POST","path":"/v1/accounts/{accountId}/messages","query":["wait","timeout"],"result":"json"},
  "threads.messages": {"method":"GET","path":"/v1/threads/{threadId}/messages","query":["limit","before","after","since","until","sender","type"],"result":"json","pages":{"items":"messages","next":"olderCursor","parameter":"before"}},
  "threads.pins": {"method":"GET","path":"/v1/threads/{threadId}/pins","query":[],"result":"json"},
  "threads.message": {"method":"GET","path":"/v1/threads/{threadId}/messages/{messageId}","query":[],"result":"json"},
  "outbox.list": {"method":"GET","path":"/v1/accounts/{accountId}/outbox","query":["limit","cursor","status"],"result":"json","pages":{"items":"entries","next":"nextCursor","parameter":"cursor"}},
  "outbox.entry": {"method":"GET","path":"/v1/accounts/{accountId}/outbox/{entryId}","query":[],"result":"json"},
  "outbox.cancel": {"method":"DELETE","path":"/v1/accounts/{accountId}/outbox/{entryId}","query":[],"result":"json"},
  "media.file": {"method":"GET","path":"/v1/messages/{messageKey}/media","query":["variant"],"result":"response"},
  "media.overview": {"method":"GET","path":"/v1/accounts/{accountId}/media","query":[],"result":"json"},
  "reading.search": {"method":"GET","path":"/v1/accounts/{accountId}/search","query":["q","threadId","since","until","sender","type","order","limit","cursor"],"result":"json","pages":{"items":"hits","next":"nextCursor","parameter":"cursor"}},
  "reading.exportThread": {"method":"GET","path":"/v1/threads/{threadId}/export","query":["since","until"],"result":"response"},
  "reading.exportAccount": {"method":"GET","path":"/v1/accounts/{accountId}/export","query":["since","until"],"result":"response"},
  "history.coverage": {"method":"GET","path":"/v1/threads/{threadId}/coverage","query":[],"result":"json"},
  "history.accountCoverage": {"method":"GET","path":"/v1/accounts/{accountId}/coverage","query":[],"result":"json"},
  "history.threadsCoverage": {"method":"GET","path":"/v1/accounts/{accountId}/coverage/threads","query":["limit","cursor","state"],"result":"json","pages":{"items":"threads","next":"nextCursor","parameter":"cursor"}},
  "history.backfill": {"method":"POST","path":"/v1/accounts/{accountId}/backfill","query":[],"result":"json"},
  "history.backfillJobs": {"method":"GET","path":"/v1/accounts/{accountId}/backfill","query":["limit","cursor"],"result":"json","pages":{"items":"jobs","next":"nextCursor","parameter":"cursor"}},
  "history.backfillJob": {"method":"GET","path":"/v1/accounts/{accountId}/backfill/{jobId}","query":[],"result":"json"},
  "history.cancelBackfill": {"method":"DELETE","path":"/v1/accounts/{accountId}/backfill/{jobId}","query":[],"result":"json"},
  "history.dryRun": {"method":"GET","path":"/v1/accounts/{accountId}/dry-run","query":["limit","cursor"],"result":"json","pages":{"items":"threads","next":"nextCursor","parameter":"cursor"}},
  "feed.events": {"method":"GET","path":"/v1/events","query":["after","accountId","types","threadId"],"result":"response"},
  "feed.incidents": {"method":"GET","path":"/v1/incidents","query":["limit","accountId","acknowledged"],"result":"json"},
  "feed.acknowledge": {"method":"POST","path":"/v1/incidents/{incidentId}/acknowledge","query":[],"result":"json"},
  "webhooks.list": {"method":"GET","path":"/v1/webhooks","query":[],"result":"json"},
  "webhooks.create": {"method":"POST","path":"/v1/webhooks","query":[],"result":"json"},
  "webhooks.get": {"method":"GET","path":"/v1/webhooks/{webhookId}","query":[],"result":"json"},
  "webhooks.change": {"method":"PATCH","path":"/v1/webhooks/{webhookId}","query":[],"result":"json"},
  "webhooks.delete": {"method":"DELETE","path":"/v1/webhooks/{webhookId}","query":[],"result":"nothing"},
  "webhooks.renewSecret": {"method":"POST","path":"/v1/webhooks/{webhookId}/secret","query":[],"result":"json"},
  "webhooks.test": {"method":"POST","path":"/v1/webhooks/{webhookId}/test","query":[],"result":"json"},
  "webhooks.replay": {"method":"POST","path":"/v1/webhooks/{webhookId}/replay","query":[],"result":"json"},
  "webhooks.deliveries": {"method":"GET","path":"/v1/webhooks/{webhookId}/deliveries","query":["limit"],"result":"json"},
  "webhooks.deadLetters": {"method":"GET","path":"/v1/webhooks/{webhookId}/dead-letters","query":["limit"],"result":"json"},
  "webhooks.replayDeadLetters": {"method":"POST","path":"/v1/webhooks/{webhookId}/dead-letters/replay","query":[],"result":"json"},
  "keys.create": {"method":"POST","path":"/v1/keys","query":[],"result":"json"},
  "keys.list": {"method":"GET","path":"/v1/keys","query":[],"result":"json"},
  "keys.get": {"method":"GET","path":"/v1/keys/{keyId}","query":[],"result":"json"},
  "keys.change": {"method":"PATCH","path":"/v1/keys/{keyId}","query":[],"result":"json"},
  "keys.remove": {"method":"DELETE","path":"/v1/keys/{keyId}","query":[],"result":"nothing"},
  "keys.rotate": {"method":"POST","path":"/v1/keys/{keyId}/rotate","query":[],"result":"json"},
  "audit.list": {"method":"GET","path":"/v1/audit","query":["accountId","callerId","operation","since","until","limit","cursor"],"result":"json","pages":{"items":"entries","next":"nextCursor","parameter":"cursor"}},
  "audit.export": {"method":"GET","path":"/v1/audit/export","query":["accountId","callerId","operation","since","until"],"result":"response"},
  "retention.get": {"method":"GET","path":"/v1/retention","query":[],"result":"json"},
  "retention.dryRun": {"method":"POST","path":"/v1/retention/dry-run","query":[],"result":"json"},
  "personalData.export": {"method":"POST","path":"/v1/accounts/{accountId}/person/export","query":[],"result":"response"},
  "personalData.archive": {"method":"POST","path":"/v1/accounts/{accountId}/person/archive","query":[],"result":"response"},
  "personalData.erase": {"method":"POST","path":"/v1/accounts/{accountId}/erasures","query":[],"result":"json"},
  "personalData.erasures": {"method":"GET","path":"/v1/accounts/{accountId}/erasures","query":["limit"],"result":"json"},
  "personalData.erasure": {"method":"GET","path":"/v1/accounts/{accountId}/erasures/{erasureId}","query":[],"result":"json"},
  "store.store": {"method":"GET","path":"/v1/store","query":[],"result":"json"},
  "inspector.inspector": {"method":"GET","path":"/v1/inspector","query":[],"result":"json"},
  "inspector.turnInspector": {"method":"PUT","path":"/v1/inspector","query":[],"result":"json"},
  "inspector.inspectorTicket": {"method":"POST","path":"/v1/inspector/tickets","query":[],"result":"json"},
  "me": {"method":"GET","path":"/v1/me","query":[],"result":"json"},
  "settings": {"method":"GET","path":"/v1/settings","query":[],"result":"json"}
} as const
