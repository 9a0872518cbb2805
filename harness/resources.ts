// What the product answers over HTTP, as a client sees it.
import type { CoverageSummary } from '../src/domain/coverage.ts'
import type { Message, Receipt } from '../src/domain/message.ts'
import type { Hit } from '../src/domain/reading.ts'
import type { Thread } from '../src/domain/thread.ts'

export interface AccountResource {
  readonly accountId: string
  readonly name: string
  readonly state: string
  readonly tags: ReadonlyArray<string>
  readonly jid: string | null
  readonly lid: string | null
  readonly restriction: { readonly kind: string; readonly reason: string; readonly until: number } | null
  readonly suspension: {
    readonly code: number | null
    readonly reason: string
    readonly until: number | null
  } | null
  readonly lastDisconnect: {
    readonly code: number
    readonly source: string | null
    readonly condition: string | null
    readonly reason: string
    readonly at: number
  } | null
  readonly pairingFailure: { readonly kind: string; readonly reason: string } | null
  readonly reconnectAttempts: number
  readonly clientVersion: string | null
  readonly lastHeardAt: number | null
  readonly lastSentAt: number | null
  readonly proxy: { readonly address: string; readonly source: 'account' | 'default' } | null
  readonly sync: {
    readonly chunksDone: number
    readonly chunksPending: number
    readonly chunksFailed: number
    readonly messages: number
    readonly percent: number | null
    readonly messagesPerSecond: number
    readonly secondsLeft: number | null
    readonly phoneSilentUntil: number | null
  }
  readonly coverage: CoverageSummary
  readonly counts: { readonly threads: number; readonly messages: number }
}

/** The passkey that WhatsApp asks for while an account is linked. */
export interface PasskeyResource {
  readonly step: 'requested' | 'submitted' | 'confirming'
  readonly expiresAt: number
  readonly options: { readonly challenge: string; readonly rpId: string }
  readonly origin: string
  readonly script: string
  readonly refusal: string | null
  readonly code: string | null
  readonly isConfirmed: boolean
}

export interface Answer<A = unknown> {
  readonly status: number
  readonly body: A
}

export interface MediaAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  readonly problem: { readonly type: string; readonly title: string; readonly detail?: string } | undefined
}

export interface MediaCounts {
  readonly policy: string
  readonly stored: number
  readonly waiting: number
  readonly failed: number
  readonly notFetched: number
  readonly removed: number
}

/** The answer to something queued for sending. */
export interface Queued {
  readonly entryId: string
  readonly messageId: string
  readonly threadId: string
  readonly status: string
  readonly parts?: ReadonlyArray<{ readonly entryId: string; readonly messageId: string }>
}

export interface MessagePage {
  readonly messages: ReadonlyArray<Message>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
}

export interface ThreadPage {
  readonly threads: ReadonlyArray<Thread>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
  readonly nextCursor: string | null
}

export interface SearchPage {
  readonly hits: ReadonlyArray<Hit>
  readonly nextCursor: string | null
}

/** A line of an export; which parts there are depends on its kind. */
export interface ExportedLine {
  readonly kind: 'thread' | 'message' | 'end'
  readonly thread: Thread
  readonly message: Message & { readonly receipts: ReadonlyArray<Receipt> }
  readonly threads: number
  readonly messages: number
}

/** What was taken over, or the problem why not. */
export interface ImportAnswer {
  readonly account: AccountResource
  readonly outcome: string
  readonly taken: Readonly<Record<string, number>>
  readonly leftOut: Readonly<Record<string, number>>
  readonly reason?: string
  readonly missing?: ReadonlyArray<string>
  readonly accountId?: string | null
  readonly detail?: string
}
