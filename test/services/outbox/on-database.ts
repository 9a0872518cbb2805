// Runs a program with an outbox on a real database and a test clock, and a WhatsApp that answers as the test says.
import { Effect, Layer, Stream } from 'effect'
import type { SqlClient } from 'effect/sql'
import { TestClock } from 'effect/testing'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import type { MessageStore } from '../../../src/services/conversations/message-store.ts'
import type { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import type { Incidents } from '../../../src/services/incidents/incidents.ts'
import { Attachments } from '../../../src/services/outbox/attachments.ts'
import { Outbox } from '../../../src/services/outbox/outbox.ts'
import { MessageFiles } from '../../../src/services/outbox/message-files.ts'
import { LinkPreviews } from '../../../src/services/outbox/preparation/link/link-previews.ts'
import { Preparation } from '../../../src/services/outbox/preparation/preparation.ts'
import {
  type AskRefused,
  type NotConfirmed,
  NotConnected,
  type SendRefused
} from '../../../src/services/whatsapp/errors.ts'
import type { Outgoing } from '../../../src/services/whatsapp/send.ts'
import type { Wakes } from '../../../src/services/process/wakes.ts'
import { WhatsApp } from '../../../src/services/whatsapp/whatsapp.ts'
import { servicesOn } from '../database.ts'
import { ACCOUNT } from './account.ts'

export type Send = (
  message: Outgoing
) => Effect.Effect<number | undefined, AskRefused | NotConnected | NotConfirmed | SendRefused>

/** The account is there. */
export const run = <A, E>(
  send: Send,
  program: Effect.Effect<
    A,
    E,
    AccountStore | Incidents | MessageStore | Outbox | ReceiptStore | SqlClient.SqlClient | Wakes
  >,
  paceMs = 0
): Promise<A> => {
  const whatsapp = WhatsApp.of({
    connect: () => Stream.empty,
    send: (_, message) => send(message),
    upload: () => Effect.fail(new NotConnected({})),
    read: () => Effect.void,
    type: () => Effect.void,
    restriction: () => Effect.succeed(null),
    askForChunk: () => Effect.void,
    askForHistory: () => Effect.void,
    askForMessages: () => Effect.void,
    askForPeerMessage: () => Effect.void,
    askForMedia: () => Effect.void,
    mediaAnswers: Stream.empty,
    lastContact: () => Effect.succeed({ lastHeardAt: null, lastSentAt: null }),
    isConnected: () => Effect.succeed(false),
    openingDelayMs: Effect.succeed(0),
    closed: () => Effect.void,
    storeLidMappings: () => Effect.void,
    lidOf: () => Effect.undefined,
    statusAudience: () => Effect.succeed(new Set<string>()),
    submitPasskey: () => Effect.void,
    confirmPasskey: () => Effect.void,
    checkNumbers: (_, numbers) =>
      Effect.succeed(numbers.map(jid => ({ askedJid: jid, jid, lid: null, answeredAt: 0 }))),
    logout: () => Effect.void
  })
  const services = Outbox.layer({ paceMs, postStatuses: false }).pipe(
    Layer.provide(LinkPreviews.layer({ enabled: false, allowPrivateAddresses: false })),
    Layer.provide([Preparation.layer(), MessageFiles.none]),
    Layer.provideMerge(Layer.succeed(WhatsApp, whatsapp)),
    Layer.provideMerge(
      Attachments.layer({ folder: '/nonexistent', largest: 1, allowPrivateAddresses: false })
    ),
    Layer.provideMerge(Layer.fresh(servicesOn()))
  )
  return Effect.runPromise(
    Effect.andThen(
      AccountStore.use(accounts => accounts.create(ACCOUNT)),
      program
    ).pipe(Effect.provide(Layer.provideMerge(services, TestClock.layer())))
  )
}
