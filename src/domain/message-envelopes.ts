// The fields of WhatsApp's `Message` that wrap another message: disappearing, view once, sent by another device, …

/** Around what another device of the same account sent. */
export const DEVICE_SENT = { name: 'deviceSentMessage', field: 31, inner: 2 } as const

/** `field` is the number in `Message`, `inner` that of the wrapped message in it. The first that a message has is its envelope. */
export const MESSAGE_ENVELOPES = [
  { name: 'viewOnceMessage', field: 37, inner: 1 },
  { name: 'viewOnceMessageV2', field: 55, inner: 1 },
  { name: 'viewOnceMessageV2Extension', field: 59, inner: 1 },
  { name: 'ephemeralMessage', field: 40, inner: 1 },
  DEVICE_SENT,
  { name: 'documentWithCaptionMessage', field: 53, inner: 1 },
  { name: 'editedMessage', field: 58, inner: 1 },
  { name: 'associatedChildMessage', field: 91, inner: 1 },
  { name: 'groupMentionedMessage', field: 62, inner: 1 },
  { name: 'groupStatusMessage', field: 96, inner: 1 },
  { name: 'groupStatusMessageV2', field: 103, inner: 1 },
  { name: 'groupStatusMentionMessage', field: 92, inner: 1 },
  { name: 'statusMentionMessage', field: 87, inner: 1 },
  { name: 'statusAddYours', field: 95, inner: 1 },
  { name: 'botInvokeMessage', field: 67, inner: 1 },
  { name: 'botTaskMessage', field: 100, inner: 1 },
  { name: 'botForwardedMessage', field: 104, inner: 1 },
  { name: 'lottieStickerMessage', field: 74, inner: 1 },
  { name: 'eventCoverImage', field: 85, inner: 1 },
  { name: 'pollCreationMessageV4', field: 93, inner: 1 },
  { name: 'pollCreationOptionImageMessage', field: 90, inner: 1 },
  { name: 'limitSharingMessage', field: 99, inner: 1 },
  { name: 'questionMessage', field: 101, inner: 1 },
  { name: 'questionReplyMessage', field: 106, inner: 1 },
  { name: 'commentMessage', field: 77, inner: 1 }
] as const

/**
 * Envelopes that the generated classes do not know yet: `newsletterAdminProfileMessage`, `spoilerMessage`,
 * `newsletterAdminProfileStatusMessage` and `botPlatformRegistrationSuccessMessage`.
 */
export const NEWER_ENVELOPES = [
  { field: 116, inner: 1 },
  { field: 118, inner: 1 },
  { field: 126, inner: 1 },
  { field: 131, inner: 1 }
] as const

/** Phones nest three at most; a hostile message may nest thousands. */
export const MAX_ENVELOPES = 8
