// From a journal entry to facts: what arrived is rebuilt from the entry alone, without Baileys' events and without
// WhatsApp's help, so that a crash after the acknowledgement loses nothing.
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  proto,
  unpadRandomMax16
} from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { chatJid, isBroadcastListJid, isGroupJid } from '../../../domain/jid.ts'
import { leftOut, leftOutProtocol } from '../kinds/left-out.ts'
import type { RecoveryAnswer } from '../app-state/recovery.ts'
import type { AppStateKey } from '../socket/auth-state.ts'
import { samePerson, type Self } from './address.ts'
import { factsOfBotAnswer } from './bot-answer.ts'
import { factsOfCall, isCallSignal } from './call.ts'
import { ChannelPost, factsOfChannel } from './channel.ts'
import { destinationOfCopy, messageOfOwnDevice } from './device-sent.ts'
import type { AddressedInfo } from './envelope.ts'
import { factsOfGroupNotification, isGroupNotification } from './group-event.ts'
import { factsOfNumberChange, isNumberChange } from './number-change-stanza.ts'
import { factOfUndecryptable, factsOfLiveMessage } from './message.ts'
import { factsOfStoredMessage } from './stored-message.ts'
import { secondsToMilliseconds } from './numbers.ts'
import { type ChunkRetryAnswer, chunkRetryAnswer } from './chunk-retry.ts'
import { decodedUnlessDamaged } from './protobuf.ts'
import { factsOfReceipt, MemberReceipt } from './receipt.ts'
import { announcementOf, isReceiver } from './shared-history.ts'
import { infosOfStanza, ListRecipient, samePeopleOfStanza } from './stanza-info.ts'
import { nodeFromJson, StanzaJson } from './stanza-json.ts'
import { unwrap } from './unwrap.ts'

const Attributes = Schema.Record(Schema.String, Schema.String)
const SelfAddresses = Schema.Struct({ jid: Schema.String, lid: Schema.optionalKey(Schema.String) })
/** Of an own message to a broadcast list. */
const Recipients = Schema.optionalKey(Schema.Array(ListRecipient))

/** What the journal stores of a stanza. `plaintext` is the decrypted, still padded `Message` in base64. */
export const Journaled = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal('message'),
    self: SelfAddresses,
    attributes: Attributes,
    recipients: Recipients,
    plaintext: Schema.String
  }),
  Schema.Struct({
    kind: Schema.Literal('undecryptable'),
    self: SelfAddresses,
    attributes: Attributes,
    recipients: Recipients,
    reason: Schema.String,
    /** It changes another message, or belongs to one. */
    isAddOn: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({
    kind: Schema.Literal('receipt'),
    self: SelfAddresses,
    attributes: Attributes,
    ids: Schema.Array(Schema.String),
    gathered: Schema.optionalKey(Schema.Array(MemberReceipt))
  }),
  Schema.Struct({ kind: Schema.Literal('notification'), self: SelfAddresses, stanza: StanzaJson }),
  Schema.Struct({ kind: Schema.Literal('call'), self: SelfAddresses, stanza: StanzaJson }),
  Schema.Struct({
    kind: Schema.Literal('channel'),
    self: SelfAddresses,
    channel: Schema.String,
    posts: Schema.Array(ChannelPost)
  }),
  Schema.Struct({ kind: Schema.Literal('botAnswer'), self: SelfAddresses, stanza: StanzaJson })
])
export type Journaled = typeof Journaled.Type

/** What the journal stores of a stanza that could not be handled: nothing follows from it, and it is kept. */
export const FaultyStanza = Schema.Struct({
  kind: Schema.Literal('faulty'),
  self: SelfAddresses,
  stanza: StanzaJson
})

/** Whether a stanza is to be journaled as a `notification`: it changes a group, or somebody's number. */
export const isJournaledNotification = (node: BinaryNode): boolean =>
  isGroupNotification(node) || isNumberChange(node)

const factsOfNotification = (self: Self, node: BinaryNode): ReadonlyArray<Fact> =>
  isNumberChange(node) ? factsOfNumberChange(node) : factsOfGroupNotification(self, node)

/** Whether a stanza is to be journaled as a `call`: it rings, or states the outcome. */
export const isJournaledCall = (node: BinaryNode): boolean => isCallSignal(node)

/** A history chunk that the phone announced; `notification` is the protobuf to fetch and decode it by. */
export interface ChunkNotice {
  readonly notificationId: string
  readonly syncType: number
  readonly chunkOrder: number
  readonly progress: number | null
  readonly notification: Uint8Array
  /** Milliseconds since 1970. */
  readonly announcedAt: number
}

/** A message of the own phone to this device alone (`category=peer`), by the attributes of its stanza. */
export interface PeerStanza {
  readonly whatsAppId: string
  readonly attributes: Readonly<Record<string, string>>
}

/** In place of a sync type: history that a member of a group shares. WhatsApp's types are small numbers. */
export const SHARED_HISTORY = 1001

export interface ConvertedEntry {
  readonly facts: ReadonlyArray<Fact>
  readonly chunks: ReadonlyArray<ChunkNotice>
  /** The ids of requests for history that the phone answered without any history. */
  readonly refusals: ReadonlyArray<string>
  readonly chunkRetries: ReadonlyArray<ChunkRetryAnswer>
  /** Keys of app state that the phone shares. */
  readonly keys: ReadonlyArray<AppStateKey>
  /** Collections of app state of which the phone sends a new copy. */
  readonly recoveries: ReadonlyArray<{ readonly self: Self; readonly answer: RecoveryAnswer }>
  /** Peer messages that could not be decrypted. */
  readonly undecryptedPeers: ReadonlyArray<PeerStanza>
  /** The ids of those that were. */
  readonly decryptedPeers: ReadonlyArray<string>
}

const NOTHING: ConvertedEntry = {
  facts: [],
  chunks: [],
  refusals: [],
  chunkRetries: [],
  keys: [],
  recoveries: [],
  undecryptedPeers: [],
  decryptedPeers: []
}
const UNADDRESSED: ConvertedEntry = { ...NOTHING, facts: [leftOut('unaddressed')] }

/** What a journal entry means. */
export const convertEntry = (entry: Journaled): ConvertedEntry => {
  switch (entry.kind) {
    case 'message':
      return isPeer(entry.attributes, entry.self)
        ? { ...message(entry), decryptedPeers: idsOf(entry.attributes) }
        : message(entry)
    case 'undecryptable': {
      // It is no message of a chat, whatever it is.
      if (isPeer(entry.attributes, entry.self))
        return { ...NOTHING, undecryptedPeers: peerStanzas(entry.attributes) }
      const infos = infosOfStanza(entry)
      if (infos.length === 0) return UNADDRESSED
      // Its sender is asked for it again; it changes its message when it comes.
      const facts = entry.isAddOn
        ? [leftOut('undecryptableAddOn')]
        : infos.flatMap(info => factOfUndecryptable(entry.self, info, entry.reason))
      return { ...NOTHING, facts: [...samePeopleOfStanza(entry), ...facts] }
    }
    case 'receipt':
      return { ...NOTHING, facts: factsOfReceipt(entry) }
    case 'notification':
      return { ...NOTHING, facts: factsOfNotification(entry.self, nodeFromJson(entry.stanza)) }
    case 'call':
      return { ...NOTHING, facts: factsOfCall(entry.self, nodeFromJson(entry.stanza)) }
    case 'channel':
      return { ...NOTHING, facts: factsOfChannel(entry.self, entry.channel, entry.posts) }
    case 'botAnswer':
      return { ...NOTHING, facts: factsOfBotAnswer(entry.self, nodeFromJson(entry.stanza)) }
  }
}

type Attributes = typeof Attributes.Type

/** Whether a stanza is a message between the account's own devices, beside all chats. Anybody else's is none, whatever it says. */
export const isPeer = ({ category, from = '' }: Attributes, { jid, lid }: Self): boolean => {
  if (category !== 'peer') return false
  const sender = chatJid(from)
  return sender !== undefined && (sender === jid || sender === lid)
}

/** No id of WhatsApp's is nearly as long. */
const LONGEST_ID = 200

const idsOf = ({ id = '' }: Attributes): ReadonlyArray<string> =>
  id === '' || id.length > LONGEST_ID ? [] : [id]

const peerStanzas = (attributes: Attributes): ReadonlyArray<PeerStanza> =>
  idsOf(attributes).map(whatsAppId => ({ whatsAppId, attributes }))

const { HISTORY_SYNC_ON_DEMAND } = proto.Message.PeerDataOperationRequestType

/** A broadcast list has at most 256 recipients. */
const MOST_RECIPIENTS = 1000

/** The recipients that a stanza names: the owner's phone sends other devices a copy of what it sends to a broadcast list. */
export const listRecipients = (stanza: BinaryNode): ReadonlyArray<ListRecipient> => {
  if (!isBroadcastListJid(chatJid(stanza.attrs['from']) ?? '')) return []
  return getBinaryNodeChildren(getBinaryNodeChild(stanza, 'participants'), 'to')
    .slice(0, MOST_RECIPIENTS)
    .flatMap(({ attrs }): ReadonlyArray<ListRecipient> => {
      const { jid } = attrs
      const alt = attrs['peer_recipient_pn'] ?? attrs['peer_recipient_lid']
      if (jid === undefined) return []
      return [alt === undefined ? { jid } : { jid, alt }]
    })
}

const message = (entry: Extract<Journaled, { kind: 'message' }>): ConvertedEntry => {
  const padded = Buffer.from(entry.plaintext, 'base64')
  const raw = unpadRandomMax16(padded)
  const infos = infosOfStanza({ ...entry, destination: destinationOfCopy(raw) })
  if (infos.length === 0) return UNADDRESSED
  const bytes = messageOfOwnDevice(raw) ?? raw
  const inner = proto.Message.decode(bytes)
  const { self } = entry
  // Only the account's own phone may announce its history; the same notification from anyone else is an attack.
  if (inner.protocolMessage && infos.every(isFromMe)) {
    const instruction = fromOwnPhone(self, inner.protocolMessage, entry.attributes)
    if (instruction !== undefined) return instruction
  }
  const shared = infos.flatMap(info => sharedWithUs(self, info, inner) ?? [])
  if (shared.length > 0) return { ...NOTHING, facts: samePeopleOfStanza(entry), chunks: shared }
  const facts = infos.flatMap(info => factsOfLiveMessage(self, info, inner, bytes))
  return { ...NOTHING, facts: [...samePeopleOfStanza(entry), ...facts] }
}

/** The past of a group that a member shares with this account. */
const sharedWithUs = (self: Self, info: AddressedInfo, content: proto.IMessage): ChunkNotice | undefined => {
  const bundle = unwrap(content).message.messageHistoryBundle
  if (!bundle || !isGroupJid(info.key?.remoteJid ?? '') || !isReceiver(self, bundle)) return undefined
  return {
    notificationId: info.key?.id ?? '',
    syncType: SHARED_HISTORY,
    chunkOrder: 0,
    progress: null,
    announcedAt: secondsToMilliseconds(info.messageTimestamp),
    notification: announcementOf(info, bundle)
  }
}

const isFromMe = ({ key }: AddressedInfo): boolean => key?.fromMe === true

const fromOwnPhone = (
  self: Self,
  protocol: proto.Message.IProtocolMessage,
  { id = '', t }: Readonly<Record<string, string>>
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
          announcedAt: secondsToMilliseconds(t),
          notification: proto.Message.HistorySyncNotification.encode(notice).finish()
        }
      ]
    }
  }
  const shared = protocol.appStateSyncKeyShare
  if (shared)
    return {
      ...NOTHING,
      facts: [leftOutProtocol(protocol.type)],
      keys: (shared.keys ?? []).flatMap(sharedKey)
    }
  const mapping = protocol.lidMigrationMappingSyncMessage?.encodedMappingPayload
  if (mapping) {
    const mappings = decodedUnlessDamaged(() => proto.LIDMigrationMappingSyncPayload.decode(mapping))
    return {
      ...NOTHING,
      facts: [
        leftOutProtocol(protocol.type),
        ...(mappings?.pnToLidMappings ?? []).flatMap(pair =>
          samePerson(
            `${String(pair.pn)}@s.whatsapp.net`,
            `${String(pair.latestLid || pair.assignedLid)}@lid`,
            secondsToMilliseconds(t)
          )
        )
      ]
    }
  }
  const response = protocol.peerDataOperationRequestResponseMessage
  if (response) {
    const { peerDataOperationRequestType: type, peerDataOperationResult: results, stanzaId } = response
    return {
      ...NOTHING,
      facts: [
        leftOutProtocol(protocol.type),
        ...(results ?? []).flatMap(result => {
          const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes
          const info = bytes && decodedUnlessDamaged(() => proto.WebMessageInfo.decode(bytes))
          return info ? factsOfStoredMessage(self, info, { encoded: bytes }) : []
        })
      ],
      // History comes as a chunk of its own: a plain response in its place is a refusal.
      refusals: type === HISTORY_SYNC_ON_DEMAND && stanzaId ? [stanzaId] : [],
      chunkRetries: stanzaId
        ? (results ?? []).flatMap(({ historySyncChunkRetryResponse: answer }) =>
            answer ? [chunkRetryAnswer(stanzaId, answer)] : []
          )
        : [],
      recoveries: (results ?? []).flatMap(result => recoveryIn(self, result))
    }
  }
  return undefined
}

/** A phone that does not have a key any more names it without its data. */
const sharedKey = ({ keyData, keyId }: proto.Message.IAppStateSyncKey): ReadonlyArray<AppStateKey> => {
  const id = keyId?.keyId
  return id?.length && keyData?.keyData?.length
    ? [{ id: Buffer.from(id).toString('base64'), data: keyData }]
    : []
}

type PeerResult = proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult

const recoveryIn = (self: Self, { syncdSnapshotFatalRecoveryResponse: response }: PeerResult) =>
  response?.collectionSnapshot?.length
    ? [
        {
          self,
          answer: { snapshot: response.collectionSnapshot, isCompressed: response.isCompressed === true }
        }
      ]
    : []
