// Webhooks on a real database and over real HTTP, without workers: a test makes the passes.
import { Effect, Layer, ManagedRuntime } from 'effect'
import { SqlClient } from 'effect/sql'
import { AccessKeys } from '../../../src/services/access/access-keys.ts'
import { EventData } from '../../../src/services/feed/event-data.ts'
import { KnownEndpoints } from '../../../src/services/webhooks/known-endpoints.ts'
import { Turns } from '../../../src/services/webhooks/turns.ts'
import { runOnce } from '../../../src/services/webhooks/pass.ts'
import { type NewWebhook, Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { Linking } from '../../../src/services/events/linking.ts'
import { message } from '../conversations/facts.ts'
import { servicesOn } from '../database.ts'

export type Services =
  | Layer.Success<ReturnType<typeof servicesOn>>
  | AccessKeys
  | EventData
  | KnownEndpoints
  | Turns
  | Webhooks

export const onWebhooks = async <A, E>(program: Effect.Effect<A, E, Services>, file?: string): Promise<A> => {
  const runtime = ManagedRuntime.make(
    Webhooks.layer({ allowPrivateAddresses: true }).pipe(
      Layer.provideMerge(
        Layer.mergeAll(AccessKeys.layer, EventData.layer, KnownEndpoints.layer, Turns.layer)
      ),
      Layer.provideMerge(Linking.layer),
      Layer.provideMerge(servicesOn(file))
    )
  )
  try {
    return await runtime.runPromise(program)
  } finally {
    await runtime.dispose()
  }
}

const PLAIN: Omit<NewWebhook, 'url'> = {
  name: 'test',
  accountId: null,
  types: ['message.stored'],
  threadIds: [],
  format: 'backscroll',
  formatEvents: [],
  batch: null,
  headers: {},
  keyId: null
}

export const created = (url: string, given: Partial<NewWebhook> = {}) =>
  Effect.gen(function* () {
    const webhooks = yield* Webhooks
    const made = yield* webhooks.create({ ...PLAIN, ...given, url })
    return made!.webhook.webhookId
  })

/** One pass; what waits for a time does not. */
export const passNow = (webhookId: string, health = { failures: 0 }) =>
  runOnce(webhookId, { health, allowPrivateAddresses: true })

/** The same; every lane is due. */
export const pass = (webhookId: string, health = { failures: 0 }) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`UPDATE webhook_lanes SET next_at = 0`
    yield* passNow(webhookId, health)
  })

/** A message of somebody whose text is its id. */
export const from = (jid: string, whatsAppId: string) =>
  message(whatsAppId, { chat: { jid }, sender: { jid }, body: whatsAppId })

export const BOB = '492@s.whatsapp.net'
