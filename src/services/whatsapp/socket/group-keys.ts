// Keys of groups. Baileys takes one from any message and keeps it for good: somebody could send keys of as many groups as they like. It is
// taken from messages in its own group only, where it belongs.
import type { BinaryNode, proto } from '@whiskeysockets/baileys'

/** Whether a message brings the key of another chat than the one it is in. */
export const hasKeyOfOtherChat = (message: proto.IMessage, { attrs }: BinaryNode): boolean => {
  const { senderKeyDistributionMessage: key } = message.deviceSentMessage?.message ?? message
  return key !== null && key !== undefined && key.groupId !== attrs['from']
}
