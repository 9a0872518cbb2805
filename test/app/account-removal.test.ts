// The whole composition in this process, on the simulator: what an account leaves in memory once it is removed, and what deleted
// messages leave in the files.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Layer, Logger, ManagedRuntime, Result, Schedule } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { core } from '../../src/app/server.ts'
import * as Firebase from '../../src/app/wings/firebase.ts'
import { loadConfig } from '../../src/config.ts'
import { Accounts } from '../../src/services/accounts.ts'
import { eraseDeleted } from '../../src/services/conversations/erasure.ts'
import { MessageStore } from '../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../src/services/conversations/thread-store.ts'
import { AccountMemory } from '../../src/services/process/account-memory.ts'
import { temporaryFolder } from '../../harness/server-process.ts'
import { simulatorSettings } from '../../harness/simulated.ts'
import { Simulator } from '../../simulator/simulator.ts'

const runtimeOn = (simulator: Simulator, folder: string) => {
  const config = Result.getOrThrow(
    loadConfig({ ...simulatorSettings(simulator), DATA_DIR: folder, BACKFILL_DELAY: '0s' })
  )
  return ManagedRuntime.make(core(config, Firebase.app(config)).pipe(Layer.provideMerge(Logger.layer([]))))
}

const folder = temporaryFolder()
let simulator: Simulator
let runtime: ReturnType<typeof runtimeOn>
beforeAll(async () => {
  simulator = await Simulator.make({ seed: 3 })
  runtime = runtimeOn(simulator, folder.path)
})
afterAll(async () => {
  await runtime.dispose()
  await simulator.stop()
  folder.remove()
})

/** Asks again and again until the answer is the wanted one. */
const until = <A, E>(question: Effect.Effect<A, E>, isWanted: (answer: A) => boolean) =>
  Effect.repeat(question, { until: isWanted, schedule: Schedule.spaced('20 millis') })

/** An account that is linked, has stored its history and is online. */
const linked = Effect.fnUntraced(function* (accounts: Accounts['Service']) {
  const phone = simulator.createPhone({ history: { chats: 3, messages: 30 } })
  const { accountId } = (yield* accounts.create('Shop')).record
  yield* accounts.send(accountId, { type: 'command.pair', pairing: { method: 'qr' } })
  const { offer } = yield* until(accounts.state(accountId), view => view.offer !== null)
  yield* Effect.promise(() => phone.scanQr(offer?.text ?? ''))
  yield* until(accounts.totals(accountId), ({ counts }) => counts.messages >= phone.truth().messages.length)
  yield* until(accounts.state(accountId), ({ tags }) => tags.includes('online'))
  return { accountId, phone }
})

test('of a removed account nothing is left in the memory of any service', () =>
  runtime.runPromise(
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const memory = yield* AccountMemory
      const { accountId: removed } = yield* linked(accounts)
      const { accountId: other } = yield* linked(accounts)
      expect(yield* memory.held(removed)).toEqual(
        expect.arrayContaining([
          'actors.states',
          'conversations.persons',
          'history.lastSigns',
          'history.pace',
          'journal.consumers',
          'whatsapp.accounts',
          'whatsapp.connections'
        ])
      )

      yield* accounts.remove(removed)

      expect(yield* memory.held(removed)).toEqual([])
      expect(yield* memory.held(other)).toEqual(
        expect.arrayContaining(['actors.states', 'conversations.persons', 'whatsapp.connections'])
      )
    })
  ))

/** How often a word is in the files of the database, in whichever case. */
const timesInFiles = (word: string): number =>
  readdirSync(folder.path)
    .filter(name => name.startsWith('backscroll.db'))
    .map(name => readFileSync(join(folder.path, name), 'latin1').toLowerCase().split(word).length - 1)
    .reduce((sum, times) => sum + times, 0)

test('texts of deleted messages, and everything of a removed account, are gone from the files', () =>
  runtime.runPromise(
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const threads = yield* ThreadStore
      const messages = yield* MessageStore
      const { accountId, phone } = yield* linked(accounts)
      const contact = phone.contacts[0]!
      const receive = (text: string) => Effect.promise(() => phone.receive({ from: contact, text }))
      // Long enough that SQLite keeps some of the texts in pages of their own.
      const text = (n: number) => `aardvark${n} ${'armadillo '.repeat(n * 60)}`
      const sent = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, n) => n),
        n => receive(text(n))
      )
      yield* receive('bandicoot stays')
      const listed = Effect.gen(function* () {
        const { threads: found } = yield* threads.list(accountId, { limit: 100, deleted: false })
        const pages = yield* Effect.forEach(found, ({ threadId }) => messages.list(threadId, { limit: 100 }))
        return pages.flatMap(page => page.messages)
      })
      const bodies = Effect.map(listed, all =>
        all.map(({ body }) => body ?? '').filter(body => body.startsWith('aard'))
      )
      yield* until(bodies, found => found.length === 20)
      yield* eraseDeleted
      expect(timesInFiles('aardvark')).toBeGreaterThan(20)

      for (const { id } of sent) yield* Effect.promise(() => phone.receive({ from: contact, revoke: id }))
      yield* until(bodies, found => found.length === 0)
      yield* eraseDeleted
      expect([timesInFiles('aardvark'), timesInFiles('armadillo')]).toEqual([0, 0])
      expect(timesInFiles('bandicoot')).toBeGreaterThan(0)

      yield* accounts.remove(accountId)
      yield* eraseDeleted
      expect(timesInFiles('bandicoot')).toBe(0)
      expect(timesInFiles(contact.phoneNumber)).toBe(0)
    })
  ))
