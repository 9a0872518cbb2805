// What history remembers of an account is forgotten with the account.
import { Effect, Layer } from 'effect'
import { expect, test } from 'vitest'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { PhoneActivity } from '../../../src/services/history/backfill/phone-activity.ts'
import { Silences } from '../../../src/services/history/backfill/silence.ts'
import { makeBegunEarly } from '../../../src/services/history/chunks/begun-early.ts'
import { makePace } from '../../../src/services/history/chunks/pace.ts'
import { makeReadAhead } from '../../../src/services/history/chunks/read-ahead.ts'
import { Coverage } from '../../../src/services/history/coverage/coverage.ts'
import { AccountMemory } from '../../../src/services/process/account-memory.ts'
import { ACCOUNT, ANN } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'

const OTHER = 'acc-other'

const useEverything = Effect.fnUntraced(function* (accountId: string) {
  const silences = yield* Silences
  const threadId = threadIdOf(accountId, ANN)
  yield* Coverage.use(coverage =>
    coverage.noteLive(accountId, [{ threadId, whatsAppId: 'A', fromMe: false, at: 1000 }])
  )
  yield* PhoneActivity.use(activity => activity.note(accountId))
  yield* silences.extend(accountId, 60_000)
})

test('nothing of an account is left in any map of history once it is forgotten', async () => {
  const program = Effect.gen(function* () {
    const memory = yield* AccountMemory
    const pace = memory.register('history.pace', makePace())
    const ahead = memory.register('history.readAhead', makeReadAhead<string, never>(2, yield* Effect.scope))
    const early = memory.register('history.storedEarly', makeBegunEarly<void, never>(yield* Effect.scope))
    for (const accountId of [ACCOUNT, OTHER]) {
      yield* useEverything(accountId)
      pace.note(accountId, { at: 0, messages: 1 })
      yield* ahead.begin(accountId, 1, Effect.never)
      yield* early.begin(accountId, 2, Effect.never)
    }
    const held = yield* memory.held(OTHER)
    expect(held).toEqual(
      expect.arrayContaining([
        'history.lastSigns',
        'history.liveThreads',
        'history.newSigns',
        'history.pace',
        'history.readAhead',
        'history.storedEarly',
        'history.silences'
      ])
    )

    yield* memory.forget(ACCOUNT)

    expect(yield* memory.held(ACCOUNT)).toEqual([])
    expect(yield* memory.held(OTHER)).toEqual(held)
  })
  await onDatabase(program.pipe(Effect.scoped, Effect.provide(Silences.layer.pipe(Layer.fresh))))
})
