// What a bot such as Meta AI answers. It is not encrypted for this device but sealed with the secret of the question (`msmsg`),
// which may be stored already or arrive later.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, proto } from '@whiskeysockets/baileys'
import type { Fact, Party } from '../../../domain/fact.ts'
import { chatJid, isGroupJid } from '../../../domain/jid.ts'
import { leftOut } from '../kinds/left-out.ts'
import { address, formsOf, partyOf, type Self } from './address.ts'
import { secondsToMilliseconds } from './numbers.ts'
import { base64 } from './reference.ts'

const sealedIn = (stanza: BinaryNode): Uint8Array | undefined =>
  getBinaryNodeChildren(stanza, 'enc')
    .filter(({ attrs }) => attrs['type'] === 'msmsg')
    .map(({ content }) => content)
    .find(content => content instanceof Uint8Array)

export const isBotAnswer = (stanza: BinaryNode): boolean => sealedIn(stanza) !== undefined

const decoded = (bytes: Uint8Array): proto.IMessageSecretMessage | undefined => {
  try {
    return proto.MessageSecretMessage.decode(bytes)
  } catch {
    return undefined
  }
}

/** Parts of an answer after the first name the first one. */
const LATER_PARTS: ReadonlySet<string> = new Set(['inner', 'last'])

/** Who asked: in a group somebody, in a bot's own chat this account, which the stanza then need not say. */
const askerOf = (self: Self, named: string | undefined): Party => {
  const asker = address(named)
  return asker === undefined ? 'me' : partyOf(self, asker)
}

/** The answer as an add-on of the question; none when it does not say to what it answers. */
export const factsOfBotAnswer = (self: Self, stanza: BinaryNode): ReadonlyArray<Fact> => {
  const { from, id = '', notify, participant, t } = stanza.attrs
  const {
    target_chat_jid: place,
    target_id: question,
    target_sender_jid: asker
  } = getBinaryNodeChild(stanza, 'meta')?.attrs ?? {}
  const { edit = '', edit_target_id: first } = getBinaryNodeChild(stanza, 'bot')?.attrs ?? {}
  const bytes = sealedIn(stanza)
  const sealed = bytes && decoded(bytes)
  const bot = address(participant ?? from)
  const chat = address(isGroupJid(chatJid(from) ?? '') ? from : (place ?? from))
  if (!sealed?.encPayload || !sealed.encIv || !bot || !chat || !question || id === '')
    return [leftOut('changeOfNothing')]
  const isLaterPart = LATER_PARTS.has(edit) && first !== undefined
  const sender = askerOf(self, asker)
  const named: ReadonlyArray<Fact> = notify ? [{ kind: 'contact', person: bot, pushName: notify }] : []
  return [
    ...named,
    {
      kind: 'sealed',
      addOn: isLaterPart ? 'botAnswerEdit' : 'botAnswer',
      chat,
      target: { sender, whatsAppId: question },
      by: bot,
      whatsAppId: id,
      timestamp: secondsToMilliseconds(t),
      pushName: notify,
      live: true,
      self,
      payload: base64(sealed.encPayload),
      iv: base64(sealed.encIv),
      keyId: isLaterPart ? first : id,
      targetAuthors: formsOf(self, sender),
      authors: [bot.jid]
    }
  ]
}
