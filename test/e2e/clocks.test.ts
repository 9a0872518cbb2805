// A machine whose clock is wrong: WhatsApp's time is used, and a person is told.
import { expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import type { Incident } from '../../src/domain/incident.ts'
import { movableClock, Stage } from './stage.ts'

const HOUR_MS = 3_600_000
const BEHIND_MS = 25 * HOUR_MS
const CHATS = { chats: 2, messages: 20, groupsShare: 0 }

const incidentOf = async (stage: Stage, kind: string): Promise<Incident | undefined> =>
  (await stage.api.incidents()).find(incident => incident.kind === kind)

const untilIncident = (stage: Stage, kind: string, is: (incident: Incident) => boolean): Promise<Incident> =>
  stage.api.until(`incident ${kind}`, async () => {
    const incident = await incidentOf(stage, kind)
    return incident !== undefined && is(incident) ? incident : undefined
  })

const isOpen = ({ resolvedAt }: Incident): boolean => resolvedAt === null

/** How far the clock is ahead of WhatsApp's, as the metrics say; seconds. */
const offsetIn = async ({ server: { key, url } }: Stage): Promise<number> => {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  const line = (await answer.text())
    .split('\n')
    .find(text => text.startsWith('backscroll_clock_offset_seconds '))
  return Number(line?.split(' ').at(1))
}

/** A message of the first contact, once it is stored. */
const stored = async (stage: Stage, accountId: string, whatsAppId: string) =>
  stage.api.until(`the message ${whatsAppId}`, async () => {
    for (const { threadId } of await stage.api.threads(accountId)) {
      const found = (await stage.api.messages(threadId)).find(held => held.whatsAppId === whatsAppId)
      if (found !== undefined) return found
    }
    return undefined
  })

/** When a message that says nothing of its time arrived, as the server says. */
const arrivalOf = async (stage: Stage, accountId: string, phone: Phone): Promise<number> => {
  const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'When is it?', timestamp: 0 })
  return (await stored(stage, accountId, id)).tsClient
}

/** WhatsApp tells whole seconds, and its stanzas take a while. */
const UNCERTAIN_MS = 30_000

const expectNow = (stage: Stage, time: number, since: number): void => {
  const { aheadMs } = stage.simulator.clock
  expect(time).toBeGreaterThanOrEqual(since + aheadMs - UNCERTAIN_MS)
  expect(time).toBeLessThanOrEqual(Date.now() + aheadMs + UNCERTAIN_MS)
}

test('with a clock 25 hours behind, everything is dated by WhatsApp’s time and due by it; a person is told, until the clock is right', async () => {
  const { folder, settings } = movableClock(-BEHIND_MS)
  const before = Date.now()
  await using stage = await Stage.set(settings, folder)
  const { api, simulator } = stage
  const { phone, accountId } = await stage.linked({ history: CHATS })
  const events = await api.subscribe()

  const wrong = await untilIncident(stage, 'clock.wrong', isOpen)
  expect(wrong.happened).toMatch(/ 90\d{3} seconds behind WhatsApp's: it says 20.*Z, WhatsApp 20.*Z/)
  expect(wrong.advice).toContain('timedatectl')
  expectNow(stage, wrong.firstSeenAt, before)
  expect(Math.abs((await offsetIn(stage)) + BEHIND_MS / 1000)).toBeLessThan(UNCERTAIN_MS / 1000)

  // What arrives, what is sent, what people are told of.
  expectNow(stage, await arrivalOf(stage, accountId, phone), before)
  const sent = await api.send(accountId, phone.contacts[0]!.phoneNumber, 'Now')
  const message = await api.untilMessage(sent.threadId, sent.messageId, ({ status }) => status !== 'queued')
  expectNow(stage, message.tsClient, before)
  await api.until('an event', async () => (events.seen.length > 0 ? true : undefined))
  for (const { at } of events.seen) expectNow(stage, at, before)
  // By the clock of the machine this is tomorrow.
  const scheduled = await api.queue(accountId, {
    to: phone.contacts[0]!.phoneNumber,
    text: 'In a moment',
    sendAt: Date.now() + 2000
  })
  await api.untilEntry(accountId, scheduled.entryId, 'sent')

  stage.setWallClock(0)
  const over = await untilIncident(stage, 'clock.wrong', incident => !isOpen(incident))
  expectNow(stage, over.resolvedAt!, before)
  expectNow(stage, await arrivalOf(stage, accountId, phone), before)

  // Somebody sets it a day ahead: it is not followed, and the next login says why.
  stage.setWallClock(24 * HOUR_MS)
  expectNow(stage, await arrivalOf(stage, accountId, phone), before)
  stage.advance(10_000)
  phone.disconnect({ code: 503 })
  const ahead = await untilIncident(stage, 'clock.wrong', isOpen)
  expect(ahead.happened).toContain("seconds ahead of WhatsApp's")
  expectNow(stage, await arrivalOf(stage, accountId, phone), before)
  events.stop()

  // A start a day before the newest time in the database. The login says nothing that can be used.
  await stage.server.stop()
  stage.setWallClock(-BEHIND_MS)
  simulator.clock.loginTime = 'future'
  await stage.restart()
  const behind = await untilIncident(stage, 'clock.behindDatabase', () => true)
  expect(behind.happened).toMatch(/this machine said 20.*Z, the newest time is 20.*Z/)
  expectNow(stage, behind.firstSeenAt, before)
  await stage.synced(accountId, phone)
  await untilIncident(stage, 'clock.wrong', ({ happened }) => happened.includes('behind'))
  expectNow(stage, await arrivalOf(stage, accountId, phone), before)
  await untilIncident(stage, 'clock.behindDatabase', incident => !isOpen(incident))
  const { seen, stop } = await stage.api.subscribe('?after=0')
  await stage.api.until('all events', async () => (seen.length > 5 ? true : undefined))
  expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).toSorted((a, b) => a - b))
  stop()
}, 180_000)
