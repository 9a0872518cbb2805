// Mentions in groups that address their members by LID: there, phones know a mentioned person by the LID only, in the list
// and in the text alike.
import type { GroupMetadata, proto } from '@whiskeysockets/baileys'
import { chatJid, isPhoneJid, userOf } from '../../domain/jid.ts'
import { unwrap } from './convert/unwrap.ts'

const inText = (text: string, lids: ReadonlyMap<string, string>): string =>
  text.replaceAll(/@(\d{5,20})(?!\d)/g, (written, user: string) => {
    const lid = lids.get(`${user}@s.whatsapp.net`)
    return lid === undefined ? written : `@${userOf(lid)}`
  })

interface Mentioning {
  contextInfo?: proto.IContextInfo | null
  text?: string | null
  caption?: string | null
}

/** The parts of a message that may mention people. */
const mentioningParts = (message: proto.IMessage): ReadonlyArray<Mentioning> => {
  const { message: content } = unwrap(message.protocolMessage?.editedMessage ?? message)
  return [
    content.extendedTextMessage,
    content.imageMessage,
    content.videoMessage,
    content.documentMessage
  ].filter(part => part !== null && part !== undefined)
}

/** Mentioned by LID already; the text may still have the number. */
const membersMentioned = (
  group: GroupMetadata,
  mentioned: ReadonlyArray<string>
): ReadonlyArray<readonly [phoneJid: string, lid: string]> =>
  group.participants.flatMap(({ id, lid = id, phoneNumber }) =>
    phoneNumber !== undefined && mentioned.includes(lid) ? [[phoneNumber, lid] as const] : []
  )

const lidIn = (group: GroupMetadata, phoneJid: string): string | undefined => {
  const member = group.participants.find(one => one.phoneNumber === phoneJid || one.id === phoneJid)
  return member?.lid ?? (member !== undefined && member.id !== phoneJid ? member.id : undefined)
}

/** Writes the LIDs of mentioned people into a message to this group. Who has no known LID stays as they are. */
export const mentionByLid = async (
  message: proto.IMessage,
  group: GroupMetadata | undefined,
  lidOf: (phoneJid: string) => Promise<string | null>
): Promise<void> => {
  if (group?.addressingMode !== 'lid') return
  for (const part of mentioningParts(message)) {
    const mentioned = part.contextInfo?.mentionedJid ?? []
    const lids = new Map(membersMentioned(group, mentioned))
    for (const jid of mentioned.filter(isPhoneJid)) {
      const lid = lidIn(group, jid) ?? (await lidOf(jid))
      const plain = chatJid(lid)
      if (plain !== undefined) lids.set(jid, plain)
    }
    if (lids.size === 0 || !part.contextInfo) continue
    part.contextInfo.mentionedJid = mentioned.map(jid => lids.get(jid) ?? jid)
    if (part.text) part.text = inText(part.text, lids)
    if (part.caption) part.caption = inText(part.caption, lids)
  }
}
