// What changed while the account was away for longer than WhatsApp keeps messages: the history shows it, and what is newer
// wins, by whichever way it came.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compare } from '../../harness/compare.ts'
import type { Phone } from '../../simulator/phone.ts'
import { type InProcessStage, Stage } from './stage.ts'

const DAY_MS = 24 * 60 * 60_000
const POLL = {
  pollCreationMessage: { name: 'Tea?', options: [{ optionName: 'yes' }, { optionName: 'no' }] }
}

describe('a message that changed during an absence', () => {
  let stage: InProcessStage
  let phone: Phone
  let accountId: string
  const ids: Record<string, string> = {}

  const found = async (name: string) => {
    for (const { threadId } of await stage.api.threads(accountId)) {
      const messages = await stage.api.messages(threadId)
      const message = messages.find(({ whatsAppId }) => whatsAppId === ids[name])
      if (message !== undefined) return message
    }
    throw new Error(`${name} is not stored`)
  }

  beforeAll(async () => {
    stage = await Stage.setInProcessByClock()
    ;({ phone, accountId } = await stage.linked({
      history: { chats: 2, messages: 90, groupsShare: 0.5, mediaShare: 0 }
    }))
    const [ann] = phone.contacts
    const [group] = phone.groups
    const member = [...group!.members.keys()].find(account => account !== phone.account)
    const receive = async (name: string, content: { text: string } | { message: typeof POLL }) => {
      ids[name] = (await phone.receive({ from: ann!, ...content })).id
    }
    await receive('edited', { text: 'price is 10' })
    await receive('editedTwice', { text: 'one' })
    await receive('revoked', { text: 'sorry' })
    await receive('reacted', { text: 'nice?' })
    await receive('unreacted', { text: 'still nice?' })
    await receive('unread', { text: 'read this' })
    ids['poll'] = (await phone.send({ to: group!, message: POLL })).id
    ids['own'] = (await phone.send({ to: ann!, text: 'my own' })).id
    // The last word so far is that the group is read.
    await phone.changeChat(group!, { read: false })
    await phone.changeChat(group!, { read: true })
    await phone.receive({ from: ann!, edit: ids['editedTwice']!, text: 'two' })
    await phone.receive({ from: ann!, react: ids['own']!, text: '👍' })
    await phone.receive({ from: ann!, react: ids['unreacted']!, text: '👍' })
    await phone.receive({ from: member!, group: group!, vote: ids['poll']!, options: ['yes'] })
    await phone.send({ to: group!, vote: ids['poll']!, options: ['no'] })
    await stage.synced(accountId, phone)
    await stage.api.until('the vote', async () => {
      const { poll } = await found('poll')
      return poll?.options.every(({ voters }) => voters.length === 1) === true ? poll : undefined
    })
    await stage.server.stop()

    stage.advance(31 * DAY_MS)
    await phone.receive({ from: ann!, edit: ids['edited']!, text: 'price is 20' })
    await phone.receive({ from: ann!, edit: ids['editedTwice']!, text: 'three' })
    await phone.receive({ from: ann!, revoke: ids['revoked']! })
    await phone.receive({ from: ann!, react: ids['reacted']!, text: '🎉' })
    await phone.receive({ from: ann!, react: ids['own']!, text: '❤️' })
    await phone.receive({ from: ann!, react: ids['unreacted']!, text: '' })
    await phone.receive({ from: member!, group: group!, vote: ids['poll']!, options: ['no'] })
    await phone.send({ to: group!, vote: ids['poll']!, options: [] })
    await phone.send({ to: ann!, edit: ids['own']!, text: 'my own, edited' })
    await phone.markRead(ann!)
    // Of this mark the settings that the devices share say nothing: a page shows it.
    phone.mailbox.chatWith(group!).markedUnread = true
    ids['meanwhile'] = (await phone.receive({ from: ann!, text: 'written meanwhile' })).id
    expect(phone.expireOfflineQueue()).toBeGreaterThan(8)
    await stage.restart()
    await stage.synced(accountId, phone)
    await stage.api.untilAccount(
      accountId,
      'two complete threads',
      ({ coverage, state }) => coverage.complete === 2 && state === 'open'
    )
  }, 120_000)
  afterAll(() => stage[Symbol.asyncDispose]())

  it('says what it was edited to, with its earlier words', async () => {
    expect(await found('edited')).toMatchObject({ body: 'price is 20', edits: [{ body: 'price is 10' }] })
    expect(await found('editedTwice')).toMatchObject({
      body: 'three',
      edits: [{ body: 'one' }, { body: 'two' }]
    })
    expect(await found('own')).toMatchObject({ body: 'my own, edited', direction: 'outbound' })
  })

  it('is gone when it was deleted', async () => {
    expect(await found('revoked')).toMatchObject({ type: 'revoked', body: null })
  })

  it('has the reactions of today: changed, added, taken back', async () => {
    expect(await found('own')).toMatchObject({ reactions: [{ emoji: '❤️' }] })
    expect(await found('reacted')).toMatchObject({ reactions: [{ emoji: '🎉' }] })
    expect(await found('unreacted')).toMatchObject({ reactions: [] })
  })

  it('has the votes of today', async () => {
    const { poll } = await found('poll')
    expect(poll?.options.map(({ name, voters }) => [name, voters.length])).toEqual([
      ['yes', 0],
      ['no', 1]
    ])
    expect(poll?.options[1]?.voters).not.toContain('me')
  })

  it('is read when the owner has read it on the phone', async () => {
    const { threadId } = await found('unread')
    const thread = (await stage.api.threads(accountId)).find(one => one.threadId === threadId)
    expect(thread).toMatchObject({ unreadCount: 1, lastMessageText: 'written meanwhile' })
  })

  it('is in a chat that is marked as unread when a page of the phone shows that', async () => {
    const { threadId } = await found('poll')
    expect(await stage.api.thread(threadId)).toMatchObject({ markedUnread: true })
  })

  it('is on the server what it is on the phone', async () => {
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject({
      missing: [],
      duplicates: [],
      different: []
    })
  })
})
