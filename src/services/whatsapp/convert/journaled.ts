// From a journal entry to facts: what arrived is rebuilt from the entry alone, without Baileys' events and without
// WhatsApp's help, so that a crash after the acknowledgement loses nothing.
import {
  type BinaryNode,
  decodeMessageNode,
  getAllBinaryNodeChildren,
  getBinaryNodeChildren,
  proto,
  unpadRandomMax16
} from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { chatJid, isGroupJid } from '../../../domain/jid.ts'
import { address, partyOf, samePerson, type Self } from './address.ts'
import { factsOfCall, isCallSignal } from './call.ts'
import { messageOfOwnDevice } from './device-sent.ts'
import { factsOfGroupNotification, isGroupNotification } from './group-event.ts'
import { factOfUndecryptable, factsOfLiveMessage, factsOfStoredMessage } from './message.ts'
import { millisecondsOf, secondsToMilliseconds } from './numbers.ts'
import { type ChunkRetryAnswer, chunkRetryAnswer } from './chunk-retry.ts'
import { nodeFromJson, StanzaJson } from './stanza-json.ts'

const Attributes = Schema.Record(Schema.String, Schema.String)
const SelfAddresses = Schema.Struct({ jid: Schema.String, lid: Schema.optionalKey(Schema.String) })

/** What the journal stores of a stanza. `plaintext` is the decrypted, still padded `Message` in base64. */
export const Journaled = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal('message'),
    self: SelfAddresses,
    attributes: Attributes,
    plaintext: Schema.String
  }),
  Schema.Struct({
    kind: Schema.Literal('undecryptable'),
    self: SelfAddresses,
    attributes: Attributes,
    reason: Schema.String
  }),
  Schema.Struct({
    kind: Schema.Literal('receipt'),
    self: SelfAddresses,
    attributes: Attributes,
    ids: Schema.Array(Schema.String)
  }),
  Schema.Struct({ kind: Schema.Literal('notification'), self: SelfAddresses, stanza: StanzaJson }),
  Schema.Struct({ kind: Schema.Literal('call'), self: SelfAddresses, stanza: StanzaJson })
])
export type Journaled = typeof Journaled.Type

/** Whether a stanza is to be journaled as a `notification`: it changes a group. */
export const isJournaledNotification = (node: BinaryNode): boolean => isGroupNotification(node)

/** Whether a stanza is to be journaled as a `call`: it rings, or states the outcome. */
export const isJournaledCall = (node: BinaryNode): boolean => isCallSignal(node)

/** A history chunk that the phone announced; `notification` is the protobuf to fetch and decode it by. */
export interface ChunkNotice {
  readonly notificationId: string
  readonly syncType: number
  readonly chunkOrder: number
  readonly progress: number | null
  readonly notification: Uint8Array
}

export interface ConvertedEntry {
  readonly facts: ReadonlyArray<Fact>
  readonly chunks: ReadonlyArray<ChunkNotice>
  /** The ids of requests for history that the phone answered without any history. */
  readonly refusals: ReadonlyArray<string>
  readonly chunkRetries: ReadonlyArray<ChunkRetryAnswer>
}

const NOTHING: ConvertedEntry = { facts: [], chunks: [], refusals: [], chunkRetries: [] }

/** What a journal entry means. */
export const convertEntry = (entry: Journaled): ConvertedEntry => {
  switch (entry.kind) {
    case 'message':
      return message(entry)
    case 'undecryptable': {
      const info = envelope(entry)
      return info === undefined
        ? NOTHING
        : {
            ...NOTHING,
            facts: [
              ...samePeople(entry.attributes, info.key),
              ...factOfUndecryptable(selfOf(entry), info, entry.reason)
            ]
          }
    }
    case 'receipt':
      return { ...NOTHING, facts: receipt(entry) }
    case 'notification':
      return { ...NOTHING, facts: factsOfGroupNotification(selfOf(entry), nodeFromJson(entry.stanza)) }
    case 'call':
      return { ...NOTHING, facts: factsOfCall(selfOf(entry), nodeFromJson(entry.stanza)) }
  }
}

const { HISTORY_SYNC_ON_DEMAND } = proto.Message.PeerDataOperationRequestType

const selfOf = (entry: { self: Self }): Self => entry.self

const envelope = (entry: { self: Self; attributes: Record<string, string> }) => {
  try {
    const { self, attributes } = entry
    return decodeMessageNode({ tag: 'message', attrs: attributes, content: [] }, self.jid, self.lid ?? '')
      .fullMessage
  } catch {
    // A stanza without a chat that Baileys knows belongs to no conversation.
    return undefined
  }
}

const message = (entry: Extract<Journaled, { kind: 'message' }>): ConvertedEntry => {
  const info = envelope(entry)
  if (info === undefined) return NOTHING
  const padded = Buffer.from(entry.plaintext, 'base64')
  const raw = unpadRandomMax16(padded)
  const bytes = messageOfOwnDevice(raw) ?? raw
  const inner = proto.Message.decode(bytes)
  const self = selfOf(entry)
  const people = samePeople(entry.attributes, info.key)
  // Only the account's own phone may announce its history; the same notification from anyone else is an attack.
  if (inner.protocolMessage && info.key.fromMe === true) {
    const instruction = fromOwnPhone(self, inner.protocolMessage, entry.attributes['id'] ?? '')
    if (instruction !== undefined) return instruction
  }
  return { ...NOTHING, facts: [...people, ...factsOfLiveMessage(self, info, inner, bytes)] }
}

const fromOwnPhone = (
  self: Self,
  protocol: proto.Message.IProtocolMessage,
  id: string
): ConvertedEntry | undefined => {
  const notice = protocol.historySyncNotification
  if (notice) {
    return {
      ...NOTHING,
      chunks: [
        {
          notificationId: id,
          syncType: notice.syncType ?? 0,
          chunkOrder: notice.chunkOrder ?? 0,
          progress: notice.progress ?? null,
          notification: proto.Message.HistorySyncNotification.encode(notice).finish()
        }
      ]
    }
  }
  const mapping = protocol.lidMigrationMappingSyncMessage?.encodedMappingPayload
  if (mapping) {
    const { pnToLidMappings } = proto.LIDMigrationMappingSyncPayload.decode(mapping)
    return {
      ...NOTHING,
      facts: pnToLidMappings.flatMap(pair =>
        samePerson(`${String(pair.pn)}@s.whatsapp.net`, `${String(pair.latestLid || pair.assignedLid)}@lid`)
      )
    }
  }
  const response = protocol.peerDataOperationRequestResponseMessage
  if (response) {
    const { peerDataOperationRequestType: type, peerDataOperationResult: results, stanzaId } = response
    return {
      ...NOTHING,
      facts: (results ?? []).flatMap(result => {
        const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes
        return bytes ? factsOfStoredMessage(self, proto.WebMessageInfo.decode(bytes)) : []
      }),
      // History comes as a chunk of its own: a plain response in its place is a refusal.
      refusals: type === HISTORY_SYNC_ON_DEMAND && stanzaId ? [stanzaId] : [],
      chunkRetries: stanzaId
        ? (results ?? []).flatMap(({ historySyncChunkRetryResponse: answer }) =>
            answer ? [chunkRetryAnswer(stanzaId, answer)] : []
          )
        : []
    }
  }
  return undefined
}

const samePeople = (
  attributes: Record<string, string>,
  key: { remoteJid?: string | null; participant?: string | null }
): ReadonlyArray<Fact> => {
  const pairs = [
    [key.participant ?? attributes['from'], attributes['participant_pn'] ?? attributes['sender_pn']],
    [key.participant ?? attributes['from'], attributes['participant_lid'] ?? attributes['sender_lid']],
    [attributes['recipient'], attributes['recipient_pn'] ?? attributes['peer_recipient_pn']],
    [attributes['recipient'], attributes['recipient_lid'] ?? attributes['peer_recipient_lid']]
  ]
  return pairs.flatMap(([one, other]) => samePerson(one, other))
}

const RECEIPT_STATUS: Readonly<Record<string, 'delivered' | 'read' | 'played'>> = {
  '': 'delivered',
  delivery: 'delivered',
  inactive: 'delivered',
  read: 'read',
  'read-self': 'read',
  played: 'played',
  'played-self': 'played'
}

/** The stanza ids a receipt is about: its own and those of its list. */
export const receiptIds = (node: BinaryNode): ReadonlyArray<string> => {
  const [list] = getAllBinaryNodeChildren(node)
  const items =
    list === undefined ? [] : getBinaryNodeChildren(list, 'item').flatMap(item => item.attrs['id'] ?? [])
  return [...new Set([...(node.attrs['id'] === undefined ? [] : [node.attrs['id']]), ...items])]
}

const receipt = (entry: Extract<Journaled, { kind: 'receipt' }>): ReadonlyArray<Fact> => {
  const { from, participant, type = '', t, recipient } = entry.attributes
  const status = Object.hasOwn(RECEIPT_STATUS, type) ? RECEIPT_STATUS[type] : undefined
  const chat = chatJid(from)
  if (status === undefined || chat === undefined) return []
  const who = address(participant ?? from)
  if (who === undefined) return []
  const self = selfOf(entry)
  if (partyOf(self, who) === 'me') {
    // The account's own phone or another of its devices read somebody's messages.
    const read = address(isGroupJid(chat) ? from : recipient)
    return read !== undefined && status !== 'delivered'
      ? [{ kind: 'readByMe', chat: read, upTo: { whatsAppIds: entry.ids } }]
      : []
  }
  const at = millisecondsOf(secondsToMilliseconds(t)) ?? 0
  return [{ kind: 'receipt', chat: { jid: chat }, recipient: who, whatsAppIds: entry.ids, status, at }]
}
