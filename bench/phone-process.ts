// A simulated WhatsApp with one phone, as a process of its own: what is measured must not share a processor's time slice
// or a heap with what it is measured against. Spoken to by bench/phone.ts.
import { createHash } from 'node:crypto'
import { isGroup } from '../simulator/state/group.ts'
import type { MailboxChat } from '../simulator/state/history/chat.ts'
import { simulatorSettings } from '../harness/simulated.ts'
import { Simulator } from '../simulator/simulator.ts'
import type { Phone } from '../simulator/phone.ts'
import { answer } from './child.ts'
import type { ChatTruth, LinkedBefore, PhonePlan, Prepared, WrittenLive } from './phone-truth.ts'

const simulator = await Simulator.make({ seed: 1 })
let made: Phone | undefined
const phone = (): Phone => {
  if (made === undefined) throw new Error('The phone has yet to be prepared')
  return made
}

/** Everything comes from the media host. */
const IN_FULL_CHUNKS = { bootstrapPerChat: 0, recentShare: 0, inlineBelowBytes: 0 }

const makePhone = (plan: PhonePlan): Phone =>
  simulator.createPhone({
    name: 'Bench',
    history: {
      ...IN_FULL_CHUNKS,
      chats: plan.chats,
      messages: plan.messages,
      chunkMessages: plan.chunkMessages
    }
  })

/** When each message of a contact was written to the connection, by its id. */
const live = new Map<string, number>()
let firstChunkAt: number | undefined
simulator.events.on(({ detail, name }) => {
  if (name === 'chunk') firstChunkAt ??= Date.now()
  if (name === 'delivered' && typeof detail['id'] === 'string' && live.get(detail['id']) === 0) {
    live.set(detail['id'], Date.now())
  }
})

let writing: NodeJS.Timeout | undefined
let turn = 0
let unwritten: Promise<unknown> = Promise.resolve()
const write = (): void => {
  const { contacts } = phone()
  const from = contacts[turn % contacts.length]
  if (from === undefined) throw new Error('the simulated phone has no contacts')
  const id = `3EB0BE9C${String(turn).padStart(12, '0')}`
  turn += 1
  live.set(id, 0)
  unwritten = Promise.all([
    unwritten,
    phone().receive({ from, id, text: `Written while history comes in ${turn}` })
  ])
}

const truthOf = (chat: MailboxChat): ChatTruth => {
  const generated = Array.from({ length: chat.count }, (_, index) => phone().mailbox.idOf(chat, index))
  const ids = [...generated, ...chat.live.map(({ id }) => id)].toSorted()
  const digest = createHash('sha256').update(ids.join(' ')).digest('hex')
  const { partner } = chat
  return {
    jids: isGroup(partner) ? [partner.id] : [partner.jid, partner.lid],
    messages: ids.length,
    digest
  }
}

const answers = {
  prepare: async (plan: PhonePlan): Promise<Prepared> => {
    made = makePhone(plan)
    const chunks = made.prepareHistory(plan.folder).map(({ file, mediaKey, messages }) => ({
      file,
      mediaKey: mediaKey.toString('base64'),
      messages
    }))
    return {
      settings: simulatorSettings(simulator),
      chunks
    }
  },
  linkBefore: async ({ messages, qr }: LinkedBefore): Promise<null> => {
    const other = simulator.createPhone({
      name: 'Before',
      history: { ...IN_FULL_CHUNKS, chats: 30, messages }
    })
    await other.scanQr(qr)
    for (const from of other.contacts.slice(0, 5)) await other.receive({ from, text: 'Written before' })
    return null
  },
  scan: async (qr: string): Promise<null> => {
    firstChunkAt = undefined
    await phone().scanQr(qr)
    return null
  },
  write: async (everyMs: number): Promise<null> => {
    writing = setInterval(write, everyMs)
    return null
  },
  rest: async (_: null) => {
    clearInterval(writing)
    await unwritten
    await simulator.until(() => [...live.values()].every(at => at > 0), { what: 'the last live message' })
    const written = [...live].map(([id, writtenAt]): WrittenLive => ({ id, writtenAt }))
    return { firstChunkAt: firstChunkAt ?? 0, written }
  },
  truth: async (_: null): Promise<ReadonlyArray<ChatTruth>> => phone().mailbox.chats.map(truthOf)
}
export type PhoneQuestions = typeof answers
answer(answers)
