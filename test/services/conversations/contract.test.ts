// What every Store promises, asked of each: whatever the server writes, applications read the same.
import { Effect } from 'effect'
import { describe, expect, onTestFinished, test } from 'vitest'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import type { Message } from '../../../src/domain/message.ts'
import type { Fact, MessageFact } from '../../../src/domain/fact.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { ContactStore } from '../../../src/services/conversations/contact-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { ACCOUNT as RECORD } from '../outbox/account.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, T0 } from './facts.ts'
import { STORES, type World } from './world.ts'

const BOB = '492@s.whatsapp.net'
const THREAD = threadIdOf(ACCOUNT, ANN)
const GROUP_THREAD = threadIdOf(ACCOUNT, GROUP)

const bodiesOf = (messages: ReadonlyArray<Message>) => messages.map(({ body }) => body ?? '').toSorted()

describe.each(STORES)('$name', ({ absent, make }) => {
  if (absent !== undefined) {
    test.skip(absent)
    return
  }

  const contract = (promise: string, prove: (world: World) => Promise<void>) =>
    test(promise, async () => {
      const world = await make()
      onTestFinished(() => world[Symbol.asyncDispose]())
      await world.run(AccountStore.use(accounts => accounts.create(RECORD)))
      await prove(world)
    })

  const told = (world: World, ...facts: ReadonlyArray<Fact>) => world.run(apply(...facts))

  contract('an account is what was last told of it', async world => {
    await world.run(
      AccountStore.use(accounts => accounts.update(ACCOUNT, { jid: '490@s.whatsapp.net', wanted: false }))
    )
    const { account } = await world.view()
    expect(await account(ACCOUNT)).toMatchObject({ name: 'Shop', jid: '490@s.whatsapp.net', wanted: false })
    expect(await account('acc-none')).toBeUndefined()
  })

  contract('what a message refers to is pointed to while it is there, in whatever thread', async world => {
    const answer = (whatsAppId: string, quoted: MessageFact['quoted']) => message(whatsAppId, { quoted })
    const inGroup = { sender: { jid: BOB }, chat: { jid: GROUP }, excerpt: 'who comes?' }
    await told(
      world,
      answer('A1', { whatsAppId: 'Q1', sender: { jid: ANN }, excerpt: 'early' }),
      answer('A2', { whatsAppId: 'Q2', ...inGroup }),
      answer('A3', { whatsAppId: 'Q3', sender: 'me', chat: { jid: 'status@broadcast' }, excerpt: 'at sea' }),
      message('P1', { association: { type: 'mediaAlbum', whatsAppId: 'ALBUM' } })
    )
    const shown = async () => {
      const found = await (await world.view()).messages(THREAD)
      return new Map(found.map(one => [one.whatsAppId, one]))
    }
    const before = await shown()
    expect(before.get('A1')).toMatchObject({
      quotedMessageId: null,
      quoted: { threadId: THREAD, messageId: null, excerpt: 'early', isStatus: false }
    })
    expect(before.get('A2')?.quoted).toMatchObject({ threadId: null, messageId: null, excerpt: 'who comes?' })
    expect(before.get('P1')).toMatchObject({ albumMessageId: null, association: { messageId: null } })

    await told(
      world,
      message('Q1'),
      message('Q2', { chat: { jid: GROUP }, sender: { jid: BOB } }),
      message('ALBUM', { type: 'album', album: { images: 2, videos: 0 } })
    )
    const after = await shown()
    expect(after.get('A1')).toMatchObject({ quotedMessageId: 'Q1_them', quoted: { messageId: 'Q1_them' } })
    expect(after.get('A2')).toMatchObject({
      quotedWhatsAppId: 'Q2',
      quotedMessageId: null,
      quoted: { threadId: GROUP_THREAD, messageId: messageIdOf(BOB, 'Q2'), isStatus: false }
    })
    expect(after.get('A3')).toMatchObject({
      quotedMessageId: null,
      quoted: { threadId: null, messageId: null, excerpt: 'at sea', isStatus: true }
    })
    expect(after.get('P1')).toMatchObject({ albumMessageId: 'ALBUM_them' })
    expect(after.get('ALBUM')).toMatchObject({ album: { images: 2, videos: 0 } })

    // The member turns out to be known by another address: the message gets another id, and is pointed to still.
    await told(
      world,
      message('Q4', { chat: { jid: GROUP }, sender: { jid: '494@s.whatsapp.net' } }),
      answer('A4', { whatsAppId: 'Q4', ...inGroup, sender: { jid: '494@s.whatsapp.net' } }),
      message('X1', { chat: { jid: GROUP }, sender: { jid: '95@lid' } }),
      { kind: 'samePerson', phoneJid: '494@s.whatsapp.net', lidJid: '95@lid', at: T0 }
    )
    const [rekeyed] = (await (await world.view()).messages(GROUP_THREAD)).filter(
      one => one.whatsAppId === 'Q4'
    )
    expect((await shown()).get('A4')?.quoted?.messageId).toBe(rekeyed?.messageId)
  })

  contract('a message has everything that was told of it', async world => {
    const raw = new Uint8Array([1, 2, 3])
    const details = {
      media: {
        mimeType: 'image/jpeg',
        fileName: null,
        size: 12,
        duration: null,
        width: 3,
        height: 4,
        download: { directPath: '/v/1', mediaKey: 'a2V5', fileSha256: 'aGFzaA==', fileEncSha256: null }
      },
      location: {
        latitude: 52.5,
        longitude: -13.25,
        name: 'Depot',
        address: null,
        live: false,
        accuracy: null
      },
      contacts: [{ name: 'Ada', phoneNumbers: ['+491'], vcard: 'BEGIN:VCARD' }],
      poll: { question: 'When?', options: [{ name: 'Now', voters: [] }], selectable: 1 },
      mentions: [],
      viewOnce: true
    }
    await told(world, message('A1', { ...details, type: 'image', body: 'שלום 👋🏽 "quoted"\n\u0000', raw }))
    const { messages } = await world.view()
    expect(await messages(THREAD)).toMatchObject([
      {
        accountId: ACCOUNT,
        threadId: THREAD,
        messageId: 'A1_them',
        messageKey: `${THREAD}~A1_them`,
        whatsAppId: 'A1',
        direction: 'inbound',
        sender: ANN,
        type: 'image',
        body: 'שלום 👋🏽 "quoted"\n\u0000',
        ...details,
        media: { ...details.media, stored: false, fetched: null },
        status: 'received',
        tsClient: T0
      }
    ])
  })

  contract('a message told twice, by whatever road, is one', async world => {
    await told(world, message('A1', { live: false }))
    await told(world, message('A1'), message('A1'))
    const { messages, threads } = await world.view()
    expect(await messages(THREAD)).toHaveLength(1)
    expect(await threads(ACCOUNT)).toHaveLength(1)
  })

  contract('the same WhatsApp id of two members of a group is two messages', async world => {
    const inGroup = { chat: { jid: GROUP } }
    await told(world, message('A1', { ...inGroup, body: 'of Ann' }))
    await told(world, message('A1', { ...inGroup, sender: { jid: BOB }, body: 'of Bob' }))
    const { messages } = await world.view()
    expect(bodiesOf(await messages(GROUP_THREAD))).toEqual(['of Ann', 'of Bob'])
  })

  contract('a status never goes back', async world => {
    const mine = { chat: { jid: ANN }, sender: 'me' as const, status: 'sent' as const }
    await told(world, message('A1', mine))
    const becomes = (status: 'read' | 'delivered') =>
      world.run(
        MessageStore.use(messages =>
          messages.change(ACCOUNT, [
            {
              threadId: THREAD,
              messageId: messageIdOf('me', 'A1'),
              change: { to: 'status', status, reason: null }
            }
          ])
        )
      )
    await becomes('read')
    await becomes('delivered')
    const { messages } = await world.view()
    expect(await messages(THREAD)).toMatchObject([{ status: 'read' }])
  })

  contract('a change waits for the message it is about', async world => {
    await told(world, change('A1', { to: 'edited', body: 'Better', at: T0 + 1000 }))
    await told(world, message('A1', { body: 'Good' }))
    const { messages } = await world.view()
    expect(await messages(THREAD)).toMatchObject([
      { body: 'Better', edits: [{ body: 'Good', editedAt: T0 + 1000 }] }
    ])
  })

  contract('a deleted message keeps its place and nothing else', async world => {
    await told(world, message('A1', { body: 'Secret', raw: new Uint8Array([9]) }))
    await (await world.view()).messages(THREAD)
    await told(world, change('A1', { to: 'revoked', at: T0 + 1 }))
    const { messages } = await world.view()
    const [deleted] = await messages(THREAD)
    expect(deleted).toMatchObject({ type: 'revoked', body: null, edits: [] })
    expect(JSON.stringify(deleted)).not.toContain('Secret')
  })

  contract('reactions come, change and go', async world => {
    await told(world, message('A1'))
    await told(world, change('A1', { to: 'reacted', emoji: '👍', at: T0 + 1 }))
    expect(await (await world.view()).messages(THREAD)).toMatchObject([{ reactions: [{ emoji: '👍' }] }])
    await told(world, change('A1', { to: 'reacted', emoji: '', at: T0 + 2 }))
    expect(await (await world.view()).messages(THREAD)).toMatchObject([{ reactions: [] }])
  })

  contract('receipts are kept for each recipient', async world => {
    await told(world, message('A1', { chat: { jid: GROUP }, sender: 'me', status: 'sent' }))
    const messageId = messageIdOf('me', 'A1')
    const of = (recipient: string, status: 'delivered' | 'read', at: number) => ({
      threadId: GROUP_THREAD,
      messageId,
      recipient,
      status,
      at
    })
    await world.run(
      ReceiptStore.use(receipts =>
        receipts.put(ACCOUNT, [
          of(ANN, 'delivered', T0 + 1),
          of(ANN, 'read', T0 + 2),
          of(BOB, 'delivered', T0 + 3)
        ])
      )
    )
    const { receipts } = await world.view()
    expect(await receipts(GROUP_THREAD, messageId)).toEqual([
      { recipient: ANN, deliveredAt: T0 + 1, readAt: T0 + 2, playedAt: null },
      { recipient: BOB, deliveredAt: T0 + 3, readAt: null, playedAt: null }
    ])
  })

  contract(
    'a thread tells its newest message and what is unread, whatever order messages come in',
    async world => {
      await told(world, message('A2', { timestamp: T0 + 2000, body: 'newest' }))
      await told(world, message('A1', { timestamp: T0 + 1000, body: 'older', live: false }))
      expect(await (await world.view()).threads(ACCOUNT)).toMatchObject([
        { threadId: THREAD, lastMessageText: 'newest', lastMessageAt: T0 + 2000, unreadCount: 2 }
      ])
      await world.run(ThreadStore.use(threads => threads.markRead(ACCOUNT, THREAD, 'everything')))
      expect(await (await world.view()).threads(ACCOUNT)).toMatchObject([{ unreadCount: 0 }])
    }
  )

  contract('threads are listed by their last activity, with names and settings', async world => {
    await told(world, message('A1', { timestamp: T0 }))
    await told(world, message('B1', { chat: { jid: BOB }, sender: { jid: BOB }, timestamp: T0 + 1000 }))
    await world.run(
      Effect.andThen(
        ContactStore.use(contacts => contacts.put(ACCOUNT, [{ contactJid: ANN, name: 'Ann of Accounts' }])),
        ThreadStore.use(threads =>
          threads.putSettings(ACCOUNT, [
            { threadId: THREAD, setting: 'archived', value: 1, at: T0 },
            { threadId: THREAD, setting: 'pinned', value: T0, at: T0 },
            { threadId: THREAD, setting: 'muted', value: -1, at: T0 }
          ])
        )
      )
    )
    const { threads } = await world.view()
    expect(await threads(ACCOUNT)).toMatchObject([
      { clientJid: BOB, displayName: '+492', archived: false, pinnedAt: null },
      { clientJid: ANN, displayName: 'Ann of Accounts', archived: true, pinnedAt: T0, mutedUntil: -1 }
    ])
  })

  contract('two addresses of one person become one thread', async world => {
    await told(world, message('A1', { body: 'by number' }))
    await told(world, message('L1', { chat: { jid: ANN_LID }, sender: { jid: ANN_LID }, body: 'by lid' }))
    expect(await (await world.view()).threads(ACCOUNT)).toHaveLength(2)
    await told(world, { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })

    const view = await world.view()
    const all = await view.threads(ACCOUNT)
    expect(all).toHaveLength(1)
    const messages = await view.messages(all[0]!.threadId)
    expect(bodiesOf(messages)).toEqual(['by lid', 'by number'])
    expect(new Set(messages.map(({ threadId }) => threadId))).toEqual(new Set([all[0]!.threadId]))
  })

  contract('a removed account leaves nothing', async world => {
    await told(world, message('A1'), message('A2'))
    await world.view()
    await world.run(AccountStore.use(accounts => accounts.remove(ACCOUNT)))
    const { account, messages, threads } = await world.view()
    expect(await account(ACCOUNT)).toBeUndefined()
    expect(await threads(ACCOUNT)).toEqual([])
    expect(await messages(THREAD)).toEqual([])
  })

  contract('nothing of an abandoned transaction is seen', async world => {
    await world
      .run(
        Transaction.use(transaction =>
          transaction.run(Effect.andThen(apply(message('A1')), Effect.fail('abandoned' as const)))
        )
      )
      .catch(() => undefined)
    const { messages, threads } = await world.view()
    expect(await threads(ACCOUNT)).toEqual([])
    expect(await messages(THREAD)).toEqual([])
  })
})
