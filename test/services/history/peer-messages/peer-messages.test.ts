// Peer messages that cannot be decrypted: how often the phone is asked for one, and when the incidents end.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { PeerMessages } from '../../../../src/services/history/peer-messages/peer-messages.ts'
import { PeerMessageQueue } from '../../../../src/services/history/peer-messages/queue.ts'
import { Incidents } from '../../../../src/services/incidents/incidents.ts'
import { WhatsApp } from '../../../../src/services/whatsapp/whatsapp.ts'
import { ACCOUNT } from '../../conversations/facts.ts'
import { onDatabase } from '../../database.ts'

const STANZA = { whatsAppId: 'PEER', attributes: { id: 'PEER', category: 'peer' } }

const incidentsNow = Effect.map(
  Incidents.use(incidents => incidents.list({ accountId: ACCOUNT, limit: 10 })),
  found => Object.fromEntries(found.map(one => [one.kind, [one.count, one.resolvedAt !== null]]))
)

/** The worker, with the numbers of the requests that it sends. */
const worker = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const counts = new Array<number>()
  const whatsapp = Layer.mock(WhatsApp, {
    askForPeerMessage: (_account, _attributes, count) => Effect.sync(() => void counts.push(count))
  })
  const { asking } = yield* PeerMessages.pipe(
    Effect.provide(PeerMessages.layer.pipe(Layer.provide(whatsapp)))
  )
  /** Everything that is to be done until the message is given up, however late. */
  const untilIdle = Effect.gen(function* () {
    let pass = yield* asking.runOnce(ACCOUNT)
    while (pass !== 'idle') {
      yield* sql`UPDATE peer_messages SET next_at = 0`
      pass = yield* asking.runOnce(ACCOUNT)
    }
  })
  return { counts, untilIdle }
})

test('the incident ends in the transaction that takes the last such message: a crash cannot come in between', () =>
  onDatabase(
    Effect.gen(function* () {
      const queue = yield* PeerMessageQueue
      const sql = yield* SqlClient.SqlClient
      const other = { ...STANZA, whatsAppId: 'OTHER' }
      yield* queue.add(ACCOUNT, [STANZA, other])
      yield* queue.arrived(ACCOUNT, [other.whatsAppId])
      expect(yield* incidentsNow).toEqual({ 'peerMessage.undecryptable': [2, false] })
      const arrive = queue.arrived(ACCOUNT, [STANZA.whatsAppId])
      yield* Effect.flip(sql.withTransaction(Effect.andThen(arrive, Effect.fail('crash'))))
      expect(yield* incidentsNow).toEqual({ 'peerMessage.undecryptable': [2, false] })
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* arrive
          expect(yield* incidentsNow).toEqual({ 'peerMessage.undecryptable': [2, true] })
        })
      )
      expect(yield* incidentsNow).toEqual({ 'peerMessage.undecryptable': [2, true] })
    })
  ))

test('a message that was given up is asked for once more when it comes late and cannot be decrypted, and then no more', () =>
  onDatabase(
    Effect.gen(function* () {
      const queue = yield* PeerMessageQueue
      const { counts, untilIdle } = yield* worker
      yield* queue.add(ACCOUNT, [STANZA])
      yield* untilIdle
      expect(counts).toEqual([1, 2, 3, 4, 5])
      expect(yield* incidentsNow).toEqual({
        'peerMessage.undecryptable': [1, true],
        'peerMessage.lost': [1, false]
      })
      yield* queue.add(ACCOUNT, [STANZA])
      expect(yield* incidentsNow).toEqual({
        'peerMessage.undecryptable': [2, false],
        'peerMessage.lost': [1, true]
      })
      yield* untilIdle
      yield* queue.add(ACCOUNT, [STANZA])
      yield* untilIdle
      expect(counts).toEqual([1, 2, 3, 4, 5, 5])
      expect(yield* incidentsNow).toEqual({
        'peerMessage.undecryptable': [2, true],
        'peerMessage.lost': [2, false]
      })
      yield* queue.arrived(ACCOUNT, [STANZA.whatsAppId])
      expect(yield* incidentsNow).toMatchObject({ 'peerMessage.lost': [2, true] })
    })
  ))
