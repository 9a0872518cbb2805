// What a message says after a trip over the wire, as it arrives.
import { proto } from '@whiskeysockets/baileys'
import { expect } from 'vitest'
import { contentOf } from '../../../../../src/services/whatsapp/convert/content.ts'

export const SELF = { jid: '490@s.whatsapp.net', lid: '70@lid' }

export const overTheWire = (message: proto.IMessage): proto.Message =>
  proto.Message.decode(proto.Message.encode(message).finish())

export const shown = (message: proto.IMessage) => contentOf(SELF, overTheWire(message))

/** One message and what is to be shown of it; a table of these is a test file. */
export type Row = readonly [string, proto.IMessage, object]

export const isShown = (_name: string, message: proto.IMessage, expected: object) => {
  expect(shown(message)).toMatchObject(expected)
}
