// The copy of a message that an answer carries: what it says, without what it quotes itself and without its secrets. With
// them, each answer in a row would carry all the ones before, and a poll's votes could be opened by whoever got the answer.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { unwrap } from './unwrap.ts'

/** What accompanies a message and is no part of what it says. */
const NOT_QUOTED: ReadonlySet<string> = new Set<keyof proto.IMessage>([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage'
])

/** Fields of content that are left out: context, and the key of a poll's votes. */
const LEFT_OUT = ['contextInfo', 'encKey'] as const

/** What it takes to see a file: a message that is shown once is not quoted with it. */
const FILE = ['mediaKey', 'directPath', 'url', 'jpegThumbnail'] as const

const without = (content: object, fields: ReadonlyArray<string>): object =>
  Object.fromEntries(Object.entries(content).filter(([field]) => !fields.includes(field)))

const isViewedOnce = (content: object): boolean => 'viewOnce' in content && content.viewOnce === true

/** The `quotedMessage` for a message that is stored as this protobuf. */
export const quotedCopy = (encoded: Uint8Array): proto.IMessage => {
  const { message, viewOnce } = unwrap(proto.Message.decode(encoded))
  const content = Object.entries(message).filter(
    ([field, value]) => !NOT_QUOTED.has(field) && value !== null && value !== undefined
  )
  return proto.Message.fromObject(
    Object.fromEntries(
      content.map(([field, value]: [string, unknown]) => {
        if (typeof value !== 'object' || value === null) return [field, value]
        const isOnce = viewOnce || isViewedOnce(value)
        return [field, without(value, isOnce ? [...LEFT_OUT, ...FILE] : LEFT_OUT)]
      })
    )
  )
}
