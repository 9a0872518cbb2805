// A message that the owner wrote on another device: the phone sends this server a copy, wrapped in where it was sent to.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { bytesField } from '../../../domain/protobuf.ts'

/** Numbers of fields in `Message` and in its `deviceSentMessage`. */
const DEVICE_SENT_MESSAGE = 31
const DESTINATION = 1
const MESSAGE = 2

/**
 * The encoded message in such a copy; `undefined` when it is none. Phones write the context, with the message's secret, beside
 * the wrapped message: here it is in it, as in a message that others write. Bytes in a row are one protobuf message.
 */
export const messageOfOwnDevice = (copy: Uint8Array): Uint8Array | undefined => {
  const wrapper = bytesField(copy, DEVICE_SENT_MESSAGE)
  const message = wrapper && bytesField(wrapper, MESSAGE)
  if (message === undefined) return undefined
  const { messageContextInfo } = proto.Message.decode(copy)
  return messageContextInfo
    ? Buffer.concat([proto.Message.encode({ messageContextInfo }).finish(), message])
    : message
}

/** The address of the chat that such a copy was written in, as the copy says it. */
export const destinationOfCopy = (copy: Uint8Array): string | undefined => {
  const wrapper = bytesField(copy, DEVICE_SENT_MESSAGE)
  const destination = wrapper && bytesField(wrapper, DESTINATION)
  return destination && Buffer.from(destination).toString()
}
