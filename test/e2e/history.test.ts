// What else history brings: settings of chats, receipts, who has left; messages without content; progress.
import { expect, test } from 'vitest'
import { isGroup } from '../../simulator/state/group.ts'
import { sharedInProcessStage, Stage } from './stage.ts'

const shared = sharedInProcessStage()

test('archived, pinned, muted, unread, past participants and receipts of the history are kept', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({
    history: { chats: 20, messages: 400, groupsShare: 0.4, mediaShare: 0 }
  })
  const threads = await stage.api.threads(accountId)
  for (const chat of phone.mailbox.chats) {
    const { partner } = chat
    const addresses = isGroup(partner) ? [partner.id] : [partner.jid, partner.lid]
    const thread = threads.find(({ clientJid }) => addresses.includes(clientJid))
    expect(thread).toMatchObject({
      archived: chat.archived,
      unreadCount: chat.unread,
      pinnedAt: chat.pinned ? expect.any(Number) : null,
      mutedUntil: chat.mutedUntil
    })
    if (!isGroup(partner)) continue
    const { body } = await stage.api.request<{ pastParticipants: ReadonlyArray<{ reason: string }> }>(
      'GET',
      `/v1/threads/${encodeURIComponent(thread!.threadId)}`
    )
    expect(body.pastParticipants.map(({ reason }) => reason).toSorted()).toEqual(['left', 'removed'])
    const [own] = [...Array(chat.count).keys()]
      .map(place => phone.mailbox.infoAt(chat, place)!)
      .filter(info => info.key?.fromMe === true && (info.userReceipt?.length ?? 0) > 0 && info.message)
    if (own === undefined) continue
    const { receipts } = await stage.api.message(thread!.threadId, `${own.key!.id!}_me`)
    expect(receipts).toHaveLength(own.userReceipt!.length)
    const read = own.userReceipt!.filter(({ readTimestamp }) => readTimestamp)
    expect(receipts.filter(({ readAt }) => readAt !== null)).toHaveLength(read.length)
    expect(receipts.every(({ deliveredAt }) => deliveredAt !== null)).toBe(true)
  }
})

test('the event stream tells how far the history is while it comes in', async () => {
  const stage = shared()
  const events = await stage.api.subscribe()
  const { accountId } = await stage.linked({
    history: { chats: 5, messages: 500, mediaShare: 0, chunkMessages: 50 }
  })
  const told = await stage.api.until('progress', async () =>
    events.progress.findLast(({ data }) => data.accountId === accountId && data.sync.messages === 500)
  )
  events.stop()
  expect(told.data.sync).toMatchObject({ percent: 100, chunksPending: 0, chunksFailed: 0 })
  expect(told.data.sync.messagesPerSecond).toBeGreaterThan(0)
  expect(stage.server.output()).toMatch(/messagesPerSecond.*A history chunk is stored/)
})

test('a message that came without content is asked for until the phone shares it, and filled in place', async () => {
  // The last test: a process has one server at a time.
  await shared().server.stop()
  await using stage = await Stage.setToKill()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  phone.goOffline()
  const without = phone.fault({ kind: 'unavailableMessages' }, { times: 1 })
  const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'only the phone has it' })
  const [thread] = await stage.api.threads(accountId)
  const held = await stage.api.untilMessage(thread!.threadId, `${id}_them`, () => true)
  expect(held).toMatchObject({ type: 'undecryptable', status: 'undecryptable', body: null })
  without.clear()
  // Baileys asks once, a moment later, and forgets; the server that comes after a crash still asks.
  await stage.kill()
  await stage.restart()
  await stage.api.untilAccount(accountId, 'the connection', ({ tags }) => tags.includes('online'))
  const asked = () => phone.truth().delivered.length
  const before = asked()
  stage.advance(31_000)
  phone.goOnline()
  const filled = await stage.api.untilMessage(thread!.threadId, `${id}_them`, ({ type }) => type === 'text')
  expect(filled).toMatchObject({ body: 'only the phone has it', status: 'received', statusReason: null })
  expect(asked()).toBeGreaterThan(before)
  const messages = await stage.api.messages(thread!.threadId)
  expect(messages.filter(({ whatsAppId }) => whatsAppId === id)).toHaveLength(1)
})
