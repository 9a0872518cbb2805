// The whole composition in this process, on the simulator: what an account leaves in memory once it is removed.
import { Effect, Layer, Logger, ManagedRuntime, Result, Schedule } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { core } from '../../src/app/server.ts'
import * as Firebase from '../../src/app/wings/firebase.ts'
import { loadConfig } from '../../src/config.ts'
import { Accounts } from '../../src/services/accounts.ts'
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
  return accountId
})

test('of a removed account nothing is left in the memory of any service', () =>
  runtime.runPromise(
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const memory = yield* AccountMemory
      const removed = yield* linked(accounts)
      const other = yield* linked(accounts)
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
