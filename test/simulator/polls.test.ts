// Votes in polls: sealed as real clients seal them, counted by whoever holds the poll.
import { randomBytes } from 'node:crypto'
import { decryptPollVote, type proto, type WAMessage } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashOfOption, sealVote } from '../../simulator/state/messages/polls.ts'
import type { Account, Phone, Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'
import { linked, type Linked } from './linked.ts'

const poll = (name: string): proto.IMessage => ({
  pollCreationMessageV3: {
    name,
    options: ['Tea', 'Coffee', 'Water'].map(optionName => ({ optionName })),
    selectableOptionsCount: 2
  }
})

describe('polls', () => {
  let link: Linked
  let sim: Simulator
  let phone: Phone
  let client: Client
  let ann: Account
  let ben: Account

  beforeAll(async () => {
    link = await linked({ chats: 4, messages: 40, groupsShare: 0, kinds: { poll: 1 } })
    ;({ sim, phone, client, ann, ben } = link)
  })

  afterAll(() => link[Symbol.asyncDispose]())

  const votesOf = (id: string) =>
    phone
      .truth()
      .messages.find(one => one.id === id)
      ?.votes?.map(({ options, voter }) => ({ voter, options }))

  const messageWithId = (id: string): Promise<WAMessage> =>
    client.until(() => client.messages.find(({ key }) => key.id === id), id)

  /** What a client that knows the poll reads in a vote, as Baileys would have it opened. */
  const opened = (
    vote: WAMessage,
    secret: Uint8Array,
    pollCreatorJid: string,
    voterJid: string
  ): string[] => {
    const update = vote.message!.pollUpdateMessage!
    const { selectedOptions } = decryptPollVote(update.vote!, {
      pollCreatorJid,
      pollMsgId: update.pollCreationMessageKey!.id!,
      pollEncKey: secret,
      voterJid
    })
    const hashes = new Set(selectedOptions!.map(hash => Buffer.from(hash).toString('hex')))
    return ['Tea', 'Coffee', 'Water'].filter(option => hashes.has(hashOfOption(option).toString('hex')))
  }

  it('of a contact reach the client with their secret; votes can be opened and the last one counts', async () => {
    ann.addressing = 'pn'
    const { id } = await phone.receive({ from: ann, message: poll('Drinks?') })
    const secret = (await messageWithId(id)).message!.messageContextInfo!.messageSecret!
    expect(secret).toHaveLength(32)
    const { id: first } = await phone.receive({ from: ann, vote: id, options: ['Tea', 'Water'] })
    expect(opened(await messageWithId(first), secret, ann.jid, ann.jid)).toEqual(['Tea', 'Water'])
    const { id: own } = await phone.send({ to: ann, vote: id, options: ['Coffee'] })
    expect(opened(await messageWithId(own), secret, ann.jid, phone.jid)).toEqual(['Coffee'])
    await phone.receive({ from: ann, vote: id, options: ['Coffee'] })
    expect(votesOf(id)).toEqual([
      { voter: 'me', options: ['Coffee'] },
      { voter: ann.jid, options: ['Coffee'] }
    ])
    await phone.send({ to: ann, vote: id, options: [] })
    expect(votesOf(id)).toEqual([{ voter: ann.jid, options: ['Coffee'] }])
    await expect(phone.receive({ from: ann, vote: id, options: ['Beer'] })).rejects.toThrow('Beer')
    await expect(phone.receive({ from: ann, vote: 'nothing', options: [] })).rejects.toThrow('no poll')
  })

  it('of the client in a group are voted in by members, under their LIDs', async () => {
    const group = phone.createGroup('Breakfast', [ann, ben])
    const secret = randomBytes(32)
    const sent = await client.socket.sendMessage(group.id, {
      poll: { name: 'Breakfast?', values: ['Tea', 'Coffee'], messageSecret: secret }
    })
    const id = sent!.key.id!
    await sim.until(() => phone.truth().messages.some(one => one.id === id))
    const { id: vote } = await phone.receive({ from: ben, group, vote: id, options: ['Tea'] })
    const message = await messageWithId(vote)
    expect(opened(message, secret, phone.lid, ben.lid)).toEqual(['Tea'])
    expect(message.message!.pollUpdateMessage!.pollCreationMessageKey).toMatchObject({ id, fromMe: true })
    await phone.receive({ from: ann, group, vote: id, options: ['Coffee'] })
    expect(votesOf(id)).toEqual([
      { voter: ben.jid, options: ['Tea'] },
      { voter: ann.jid, options: ['Coffee'] }
    ])
  })

  it('are voted in by the client, and a vote that was sealed for another poll does not count', async () => {
    ben.addressing = 'pn'
    const { id } = await phone.receive({ from: ben, message: poll('Later?') })
    const secret = (await messageWithId(id)).message!.messageContextInfo!.messageSecret!
    const known = { id, author: ben, secret, options: ['Tea', 'Coffee', 'Water'] }
    const names = { author: ben.jid, voter: phone.jid }
    const cast = async (vote: proto.Message.IPollEncValue): Promise<string> =>
      client.socket.relayMessage(
        ben.jid,
        {
          pollUpdateMessage: {
            pollCreationMessageKey: { remoteJid: ben.jid, fromMe: false, id },
            vote,
            senderTimestampMs: Date.now()
          }
        },
        {}
      )
    await cast(sealVote(known, names, ['Water']))
    await sim.until(() => votesOf(id)?.length === 1)
    const forged = await cast(sealVote({ ...known, secret: randomBytes(32) }, names, ['Tea']))
    await sim.until(() => phone.truth().received.some(one => one.id === forged && one.kind === 'vote'))
    expect(votesOf(id)).toEqual([{ voter: 'me', options: ['Water'] }])
    expect(phone.truth().received.find(one => one.id === forged)?.targetId).toBe(id)
  })

  it('of the generated past have secrets too, and a later device gets their votes with the history', async () => {
    const chat = phone.mailbox.chats.find(({ partner }) => partner === ann)!
    const info = phone.mailbox.infoAt(chat, chat.count - 1)!
    const id = info.key!.id!
    const [option] = info.message!.pollCreationMessageV3!.options!
    await phone.receive({ from: ann, vote: id, options: [option!.optionName!] })
    expect(votesOf(id)).toEqual([{ voter: ann.jid, options: [option!.optionName] }])
    await using later = await Client.linked(sim, phone)
    const held = await later.until(
      () => later.history.flatMap(({ messages }) => messages).find(({ key }) => key.id === id),
      'the poll'
    )
    expect(held.pollUpdates?.[0]?.vote?.selectedOptions?.map(hash => Buffer.from(hash))).toEqual([
      hashOfOption(option!.optionName!)
    ])
  })
})
