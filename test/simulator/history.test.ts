// The phone's history: chunks inline and over HTTP, pages on demand, phones that are away, damaged chunks, one seed one history.
import { inflateSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { downloadMediaMessage, proto, toNumber, type WAMessage } from '@whiskeysockets/baileys'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

const { HistorySyncType } = proto.HistorySync

/** Baileys always downloads history from mmg.whatsapp.net; here that name leads to the simulator. */
const trustMedia = (sim: Simulator): void => {
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
    originalFetch(url.replace('https://mmg.whatsapp.net', sim.mediaUrl), init)
  )
}

const originalFetch = globalThis.fetch
afterEach(() => void vi.unstubAllGlobals())

const onDemand = (client: Client) =>
  client.history.filter(({ syncType }) => syncType === HistorySyncType.ON_DEMAND)

/** What the chunks themselves say about the end of a chat: Baileys drops it for chats it has seen before. */
const endOf = (client: Client, syncType: number): (number | null | undefined)[] =>
  client.messages.flatMap(({ message }) => {
    const payload = message?.protocolMessage?.historySyncNotification?.initialHistBootstrapInlinePayload
    const chunk = payload && proto.HistorySync.decode(inflateSync(payload))
    return chunk?.syncType === syncType ? chunk.conversations.map(one => one.endOfHistoryTransferType) : []
  })

describe('the history', () => {
  it('is the same for the same seed and another for another', async () => {
    const messagesOf = async (seed: number) => {
      await using sim = await Simulator.make({ seed })
      return sim.createPhone({ history: { chats: 10, messages: 400 } }).truth().messages
    }
    const [one, again, other] = await Promise.all([messagesOf(3), messagesOf(3), messagesOf(4)])
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
    expect(new Set(one!.map(({ id }) => id)).size).toBe(400)
    for (const kind of ['text', 'image', 'revoked'])
      expect(one!.some(message => message.kind === kind)).toBe(true)
  })

  it('has the kinds that were asked for, and its files can be downloaded and opened', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({
      history: { chats: 3, messages: 60, kinds: { image: 2, sticker: 1, poll: 1 } }
    })
    const kinds = new Set(phone.truth().messages.map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(['image', 'sticker', 'poll']))
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
      originalFetch(url.replace(/^https:\/\/[^/]+/, sim.mediaUrl), init)
    )
    const { mailbox } = phone
    const chat = mailbox.chats[0]!
    const all = Array.from({ length: chat.count }, (_, place) => mailbox.infoAt(chat, place)!)
    const image = all.find(({ message }) => message?.imageMessage)!
    const file = await downloadMediaMessage(proto.WebMessageInfo.fromObject(image) as WAMessage, 'buffer', {})
    expect(file.subarray(1, 4).toString()).toBe('PNG')
    expect(createHash('sha256').update(file).digest()).toEqual(image.message!.imageMessage!.fileSha256)
    const sticker = all.find(({ message }) => message?.stickerMessage)!
    const webp = await downloadMediaMessage(
      proto.WebMessageInfo.fromObject(sticker) as WAMessage,
      'buffer',
      {}
    )
    expect(webp.subarray(8, 12).toString()).toBe('WEBP')
  })

  it('comes in chunks over HTTP, bootstrap first, newest first within a chat, each message in one chunk', async () => {
    await using sim = await Simulator.make()
    trustMedia(sim)
    const phone = sim.createPhone({
      history: { chats: 8, messages: 500, chunkMessages: 100, inlineBelowBytes: 0 }
    })
    await using client = await Client.linked(sim, phone)
    const got = () => client.history.flatMap(({ messages }) => messages)
    await client.until(() => got().length >= 500, 'the history')
    expect(got()).toHaveLength(500)
    expect(client.history[0]?.syncType).toBe(HistorySyncType.INITIAL_BOOTSTRAP)
    const types = new Set(client.history.map(({ syncType }) => syncType))
    expect(types).toEqual(
      new Set([
        HistorySyncType.INITIAL_BOOTSTRAP,
        HistorySyncType.INITIAL_STATUS_V3,
        HistorySyncType.PUSH_NAME,
        HistorySyncType.NON_BLOCKING_DATA,
        HistorySyncType.RECENT,
        HistorySyncType.FULL
      ])
    )
    for (const { messages } of client.history) {
      const byChat = Map.groupBy(messages, ({ key }) => key.remoteJid)
      for (const inChat of byChat.values()) {
        const times = inChat.map(({ messageTimestamp }) => toNumber(messageTimestamp as number))
        expect(times).toEqual(times.toSorted((a, b) => b - a))
      }
    }
    expect(client.history.at(-1)?.progress).toBe(100)
  })

  it('gives older messages on demand, page by page, to the beginning of the chat', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({
      history: {
        chats: 1,
        messages: 120,
        groupsShare: 0,
        pushPerChat: 20,
        inlineBelowBytes: 10 ** 9,
        lidShare: 1
      }
    })
    await using client = await Client.linked(sim, phone)
    await client.until(
      () => client.history.flatMap(({ messages }) => messages).length === 20,
      'what is pushed'
    )
    expect(endOf(client, HistorySyncType.FULL)).toEqual([0])
    const known = client.history.flatMap(({ messages }) => messages)
    for (const [page, size] of [50, 50, 0].entries()) {
      const oldest = known.toSorted((a, b) => Number(a.messageTimestamp) - Number(b.messageTimestamp))[0]!
      const request = await client.socket.fetchMessageHistory(50, oldest.key, Number(oldest.messageTimestamp))
      const answer = await client.until(() => onDemand(client)[page], `page ${page}`)
      expect(answer.peerDataRequestSessionId).toBe(request)
      expect(answer.messages).toHaveLength(size)
      expect(endOf(client, HistorySyncType.ON_DEMAND)[page]).toBe(page === 0 ? 2 : 1)
      known.push(...answer.messages)
    }
    expect(new Set(known.map(({ key }) => key.id))).toEqual(
      new Set(phone.truth().messages.map(({ id }) => id))
    )
  })

  it('answers a request for older messages when the phone is back online', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 1, messages: 60, groupsShare: 0, pushPerChat: 5 } })
    await using client = await Client.linked(sim, phone)
    await client.until(
      () => client.history.flatMap(({ messages }) => messages).length === 5,
      'what is pushed'
    )
    const oldest = client.history[0]!.messages.at(-1)!
    phone.goOffline()
    await client.socket.fetchMessageHistory(10, oldest.key, Number(oldest.messageTimestamp))
    await sim.until(() => sim.network.waitingOffline(phone.account) === 1)
    expect(onDemand(client)).toHaveLength(0)
    phone.goOnline()
    expect((await client.until(() => onDemand(client)[0], 'the page')).messages).toHaveLength(10)
  })

  it('includes what was written before a device was linked', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ history: { chats: 2, messages: 10 } })
    const { id } = await phone.receive({ from: phone.contacts[0]!, text: 'before any device' })
    await using client = await Client.linked(sim, phone)
    await client.until(
      () => client.history.some(({ messages }) => messages.some(({ key }) => key.id === id)),
      'the message'
    )
  })

  it('can miss a chunk or damage it on its way', async () => {
    await using sim = await Simulator.make()
    trustMedia(sim)
    const phone = sim.createPhone({
      history: { chats: 4, messages: 300, chunkMessages: 60, inlineBelowBytes: 0 }
    })
    phone.fault({ kind: 'historyChunk', effect: 'missing', syncType: HistorySyncType.FULL, chunkOrder: 1 })
    phone.fault({ kind: 'historyChunk', effect: 'corrupt', syncType: HistorySyncType.RECENT, chunkOrder: 1 })
    const sent = new Promise<void>(resolve =>
      sim.events.on(({ name }) => name === 'historySent' && resolve())
    )
    await using client = await Client.linked(sim, phone)
    await sent
    await sim.until(() => phone.offlineQueue().length === 0)
    const ordersOf = (type: number) =>
      client.history.filter(({ syncType }) => syncType === type).map(({ chunkOrder }) => chunkOrder)
    await client.until(() => ordersOf(HistorySyncType.FULL).length >= 2, 'the other chunks')
    expect(ordersOf(HistorySyncType.FULL)).not.toContain(1)
    expect(ordersOf(HistorySyncType.RECENT)).not.toContain(1)
    const askAgain = (chunkOrder: number) =>
      client.socket.sendPeerDataOperationMessage({
        peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.HISTORY_SYNC_CHUNK_RETRY,
        historySyncChunkRetryRequest: { syncType: HistorySyncType.FULL as number, chunkOrder }
      })
    sim.network.faults.clearAll()
    await askAgain(1)
    await client.until(() => ordersOf(HistorySyncType.FULL).includes(1), 'the missing chunk')
    await askAgain(99)
    await client.until(
      () =>
        client.messages.some(
          ({ message }) =>
            message?.protocolMessage?.peerDataOperationRequestResponseMessage?.peerDataOperationResult?.[0]
              ?.historySyncChunkRetryResponse?.canRecover === false
        ),
      'the refusal'
    )
  })

  it('brings names, pins and mutes with the app state', async () => {
    await using sim = await Simulator.make()
    const phone = sim.createPhone({ name: 'Ada', history: { chats: 6, messages: 30, groupsShare: 0 } })
    await using client = await Client.linked(sim, phone)
    await client.until(() => (client.creds.accountSyncCounter ?? 0) > 0, 'the first app-state sync')
    // Baileys folds a name into the history it still holds back, or tells it on its own
    const named = () => [
      ...client.history.flatMap(({ contacts }) => contacts),
      ...client.events.flatMap(({ name, data }) =>
        name === 'contacts.upsert' ? (data as { id: string; name?: string }[]) : []
      )
    ]
    for (const contact of phone.contacts) {
      await client.until(
        () =>
          named().some(
            ({ id, name }) => [contact.jid, contact.lid].includes(id) && name === contact.pushName
          ),
        `the name of ${contact.pushName}`
      )
    }
    await client.until(() => client.creds.me?.name === 'Ada', 'the own push name')
    await client.socket.chatModify({ mute: 8 * 3600_000 }, phone.contacts[0]!.jid)
  })
})
