// Fair turns between chats, whatever is sent and however long its handling takes.
import { AsyncLocalStorage } from 'node:async_hooks'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeChatTurns } from '../../../../src/services/whatsapp/socket/chat-turns.ts'

/** In a 1:1 chat. */
const at = (chat: string) => ({ chat, sender: chat })

/** Lets everything that can go on go on. */
const settle = async (): Promise<void> => {
  for (let n = 0; n < 4; n += 1) await new Promise(resolve => setImmediate(resolve))
}

test('what comes in one chat is handled in order, one after the other, and all of it', async () => {
  const sent = fc.array(fc.record({ sender: fc.constantFrom('a', 'b', 'c'), waits: fc.nat({ max: 3 }) }), {
    maxLength: 100
  })
  await fc.assert(
    fc.asyncProperty(sent, async all => {
      const turns = makeChatTurns()
      const begun: Array<number> = []
      const underWay = new Set<string>()
      const done = all.map(
        ({ sender, waits }, n) =>
          new Promise<void>(resolve =>
            turns.take(at(sender), 1, async () => {
              begun.push(n)
              expect(underWay.has(sender)).toBe(false)
              underWay.add(sender)
              for (let times = 0; times < waits; times += 1) await new Promise(again => setImmediate(again))
              underWay.delete(sender)
              resolve()
            })
          )
      )
      await Promise.all(done)
      for (const name of ['a', 'b', 'c']) {
        const numbers = begun.filter(n => all[n]!.sender === name)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }
      expect(begun).toHaveLength(all.length)
      await settle()
      expect(turns.fullness()).toBe(0)
    }),
    { numRuns: 30 }
  )
})

test('a group keeps the order of what its members send, unless one of them floods it', async () => {
  const order = async (flood: number): Promise<ReadonlyArray<string>> => {
    const turns = makeChatTurns()
    const begun: Array<string> = []
    const take = (chat: string, sender: string) =>
      turns.take({ chat, sender }, 1, async () => void (chat === 'group' && begun.push(sender)))
    for (let n = 0; n < 40; n += 1) take(`chat ${n}`, 'somebody')
    for (let n = 0; n < flood; n += 1) take('group', 'flood')
    for (const sender of ['a', 'b', 'a']) take('group', sender)
    while (turns.fullness() > 0) await settle()
    return begun
  }
  expect(await order(20)).toEqual([...Array.from({ length: 20 }, () => 'flood'), 'a', 'b', 'a'])
  const flooded = await order(500)
  expect(flooded.filter(sender => sender !== 'flood')).toEqual(['a', 'b', 'a'])
  expect(flooded.slice(0, 10)).toEqual(expect.arrayContaining(['a', 'b']))
})

test('of a thousand stanzas of one sender, at most two are handled before somebody else’s', async () => {
  const turns = makeChatTurns()
  let flooded = 0
  for (let n = 0; n < 1000; n += 1) turns.take(at('flood'), 1, async () => void (flooded += 1))
  const before = await new Promise<number>(resolve =>
    turns.take(at('other'), 1, async () => resolve(flooded))
  )
  expect(before).toBeLessThanOrEqual(2)
})

test('a sender whose turn never ends holds up nobody, and is not waited for for ever', async () => {
  const turns = makeChatTurns({ longestTurnMs: 1 })
  turns.take(at('stuck'), 1, () => new Promise(() => undefined))
  await new Promise<void>(resolve => turns.take(at('other'), 1, async () => resolve()))
  await new Promise<void>(resolve => turns.take(at('stuck'), 1, async () => resolve()))
})

test('a turn runs in the async context in which it was taken', async () => {
  const context = new AsyncLocalStorage<string>()
  const turns = makeChatTurns()
  const seen = (name: string) =>
    context.run(
      name,
      () =>
        new Promise<string | undefined>(resolve =>
          turns.take(at('one'), 1, async () => resolve(context.getStore()))
        )
    )
  expect(await Promise.all(['first', 'second', 'third'].map(seen))).toEqual(['first', 'second', 'third'])
})

test('there is room for so much, by number and by size, and none is taken once it was handled or the connection is over', async () => {
  const turns = makeChatTurns()
  for (let n = 0; n < 5000; n += 1) turns.take(at('flood'), 1, async () => undefined)
  expect(turns.fullness()).toBe(1)
  const large = makeChatTurns()
  large.take(at('large'), 40 * 1024 * 1024, () => new Promise(() => undefined))
  expect(large.fullness()).toBeGreaterThan(1)
  large.end()
  turns.end()
  let isHandled = false
  turns.take(at('another'), 1, async () => void (isHandled = true))
  await settle()
  expect(isHandled).toBe(true)
})
