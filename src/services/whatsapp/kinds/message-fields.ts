// Every field of WhatsApp's `Message`, and what becomes of it. A field that rc14 knows and that is missing here does not compile.
import type { proto } from '@whiskeysockets/baileys'
import { change, envelope, event, type Kind, message, nothing, type Outcome, unsupported } from './kind.ts'

/** `field` is the number in `Message`. */
export interface MessageField extends Kind {
  readonly field: number
}

export const MESSAGE_FIELDS = {
  conversation: { field: 1, ...message('text') },
  senderKeyDistributionMessage: { field: 2, ...nothing('The key of a group, for decryption only') },
  imageMessage: { field: 3, ...message('image') },
  contactMessage: { field: 4, ...message('contact') },
  locationMessage: { field: 5, ...message('location') },
  extendedTextMessage: { field: 6, ...message('text') },
  documentMessage: { field: 7, ...message('document') },
  audioMessage: { field: 8, ...message('voice or audio') },
  videoMessage: { field: 9, ...message('video') },
  call: { field: 10, ...message('call') },
  chat: { field: 11, ...unsupported('Phones no longer send it') },
  protocolMessage: { field: 12, ...change('see the types of protocol messages below') },
  contactsArrayMessage: { field: 13, ...message('contact') },
  highlyStructuredMessage: { field: 14, ...message('text') },
  fastRatchetKeySenderKeyDistributionMessage: {
    field: 15,
    ...nothing('The key of a group, for decryption only')
  },
  sendPaymentMessage: { field: 16, ...message('payment') },
  liveLocationMessage: { field: 18, ...message('location') },
  requestPaymentMessage: { field: 22, ...message('payment') },
  declinePaymentRequestMessage: { field: 23, ...message('payment') },
  cancelPaymentRequestMessage: { field: 24, ...message('payment') },
  templateMessage: { field: 25, ...message('text, or the file or place above it') },
  stickerMessage: { field: 26, ...message('sticker') },
  groupInviteMessage: { field: 28, ...message('invite') },
  templateButtonReplyMessage: { field: 29, ...message('text with `answer`', 'Unreleased') },
  productMessage: { field: 30, ...message('product') },
  deviceSentMessage: { field: 31, ...envelope() },
  messageContextInfo: { field: 35, ...nothing('It accompanies the content: secrets and device lists') },
  listMessage: { field: 36, ...message('text') },
  viewOnceMessage: { field: 37, ...envelope() },
  orderMessage: { field: 38, ...message('order') },
  listResponseMessage: { field: 39, ...message('text with `answer`', 'Unreleased') },
  ephemeralMessage: { field: 40, ...envelope() },
  invoiceMessage: { field: 41, ...message('payment') },
  buttonsMessage: { field: 42, ...message('text, or the file or place above it') },
  buttonsResponseMessage: { field: 43, ...message('text with `answer`', 'Unreleased') },
  paymentInviteMessage: { field: 44, ...message('payment') },
  interactiveMessage: { field: 45, ...message('text, or the file or place above it') },
  reactionMessage: { field: 46, ...change('a reaction on its message') },
  stickerSyncRmrMessage: { field: 47, ...nothing('Stickers that the devices of an account share') },
  interactiveResponseMessage: { field: 48, ...message('text with `answer`', 'Unreleased') },
  pollCreationMessage: { field: 49, ...message('poll') },
  pollUpdateMessage: { field: 50, ...change('a vote in its poll') },
  keepInChatMessage: { field: 51, ...event('kept, or no longer kept, in a disappearing chat', 'Unreleased') },
  documentWithCaptionMessage: { field: 53, ...envelope() },
  requestPhoneNumberMessage: { field: 54, ...event('a request for the phone number', 'Unreleased') },
  viewOnceMessageV2: { field: 55, ...envelope() },
  encReactionMessage: {
    field: 56,
    ...change('a reaction, encrypted with the secret of its message', 'Unreleased')
  },
  editedMessage: { field: 58, ...envelope() },
  viewOnceMessageV2Extension: { field: 59, ...envelope() },
  pollCreationMessageV2: { field: 60, ...message('poll') },
  scheduledCallCreationMessage: { field: 61, ...message('event') },
  groupMentionedMessage: { field: 62, ...envelope() },
  pinInChatMessage: { field: 63, ...event('pinned or unpinned', 'Unreleased') },
  pollCreationMessageV3: { field: 64, ...message('poll') },
  scheduledCallEditMessage: { field: 65, ...message('event') },
  ptvMessage: { field: 66, ...message('video') },
  botInvokeMessage: { field: 67, ...envelope() },
  callLogMesssage: { field: 69, ...message('call') },
  messageHistoryBundle: {
    field: 70,
    ...nothing(
      'The past of a group that a member shares: read as history if it is for this account',
      'Unreleased'
    )
  },
  encCommentMessage: {
    field: 71,
    ...change(
      'a message of its own that answers its message, encrypted with the secret of that',
      'Unreleased'
    )
  },
  bcallMessage: { field: 72, ...message('call') },
  lottieStickerMessage: { field: 74, ...envelope() },
  eventMessage: { field: 75, ...message('event') },
  encEventResponseMessage: {
    field: 76,
    ...change('an answer to its event, encrypted with the secret of that', 'Unreleased')
  },
  commentMessage: { field: 77, ...envelope() },
  newsletterAdminInviteMessage: { field: 78, ...message('invite') },
  placeholderMessage: { field: 80, ...message('undecryptable: the phone alone shows it', 'Unreleased') },
  secretEncryptedMessage: {
    field: 82,
    ...change('an edit of its message, event or poll, encrypted with the secret of that', 'Unreleased')
  },
  albumMessage: { field: 83, ...message('album') },
  eventCoverImage: { field: 85, ...envelope() },
  stickerPackMessage: { field: 86, ...message('stickerPack') },
  statusMentionMessage: { field: 87, ...envelope() },
  pollResultSnapshotMessage: { field: 88, ...message('poll, its results in words') },
  pollCreationOptionImageMessage: { field: 90, ...envelope() },
  associatedChildMessage: { field: 91, ...envelope() },
  groupStatusMentionMessage: { field: 92, ...envelope() },
  pollCreationMessageV4: { field: 93, ...envelope() },
  statusAddYours: { field: 95, ...envelope() },
  groupStatusMessage: { field: 96, ...envelope() },
  richResponseMessage: { field: 97, ...message('text, what an assistant answers') },
  statusNotificationMessage: { field: 98, ...event('somebody used a status of the account', 'Unreleased') },
  limitSharingMessage: { field: 99, ...envelope() },
  botTaskMessage: { field: 100, ...envelope() },
  questionMessage: { field: 101, ...envelope() },
  messageHistoryNotice: { field: 102, ...event('past messages were shared with new members', 'Unreleased') },
  groupStatusMessageV2: { field: 103, ...envelope() },
  botForwardedMessage: { field: 104, ...envelope() },
  statusQuestionAnswerMessage: { field: 105, ...message('text') },
  questionReplyMessage: { field: 106, ...envelope() },
  questionResponseMessage: { field: 107, ...message('text') },
  statusQuotedMessage: { field: 109, ...message('text', 'Unreleased') },
  statusStickerInteractionMessage: {
    field: 110,
    ...event('a sticker as a reaction to a status', 'Unreleased')
  },
  pollCreationMessageV5: { field: 111, ...message('poll') },
  newsletterFollowerInviteMessageV2: { field: 113, ...message('invite') },
  pollResultSnapshotMessageV3: { field: 114, ...message('poll, its results in words') }
} as const satisfies Record<keyof proto.IMessage, MessageField>

/** Fields that the generated classes do not know yet, under the names that other libraries have learned. */
export const NEWER_MESSAGE_FIELDS = {
  newsletterAdminProfileMessage: { field: 116, ...envelope('Unreleased') },
  spoilerMessage: { field: 118, ...envelope('Unreleased') },
  pollCreationMessageV6: { field: 119, ...message('poll', 'Unreleased') },
  conditionalRevealMessage: { field: 120, ...unsupported('a message that is revealed later', 'Unreleased') },
  pollAddOptionMessage: {
    field: 121,
    ...unsupported(
      'a new option of a poll; encrypted with the secret of the poll, as phones send it, a change of that',
      'Unreleased'
    )
  },
  eventInviteMessage: { field: 122, ...unsupported('an invitation to an event', 'Unreleased') },
  groupRootKeyShare: { field: 123, ...nothing('Keys of a group', 'Unreleased') },
  paymentReminderMessage: { field: 124, ...unsupported('a reminder of a payment', 'Unreleased') },
  splitPaymentMessage: { field: 125, ...unsupported('a bill that is split', 'Unreleased') },
  newsletterAdminProfileStatusMessage: { field: 126, ...envelope('Unreleased') },
  rootSecretDistributeMessage: { field: 127, ...nothing('Keys of a group', 'Unreleased') },
  splitPaymentUpdateMessage: { field: 128, ...unsupported('who has paid of a split bill', 'Unreleased') },
  musicMessage: { field: 129, ...unsupported('music', 'Unreleased') },
  statusLinkPreviewMetadata: { field: 130, ...nothing('How a link looks in a status', 'Unreleased') },
  botPlatformRegistrationSuccessMessage: { field: 131, ...envelope('Unreleased') }
} as const satisfies Readonly<Record<string, MessageField>>

const KNOWN: ReadonlyMap<number, MessageField> = new Map(
  [MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS]
    .flatMap(fields => Object.values(fields))
    .map(field => [field.field, field])
)

/** What becomes of a field by its number; `undefined` for one that this version does not know at all. */
export const messageFieldOf = (field: number): MessageField | undefined => KNOWN.get(field)

const isField = (name: string): name is keyof typeof MESSAGE_FIELDS => Object.hasOwn(MESSAGE_FIELDS, name)

/** What becomes of a field of the generated classes by its name. */
export const outcomeOf = (name: string): Outcome =>
  isField(name) ? MESSAGE_FIELDS[name].outcome : 'unsupported'
