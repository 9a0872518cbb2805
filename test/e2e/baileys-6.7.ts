// Baileys 6.7 beside the Baileys of this server. Both keep their generated classes under the same name for the whole process: what
// this one encodes within others, such as the messages of a history chunk, would be encoded by the classes of 6.7.
import '@whiskeysockets/baileys'
import protobuf from 'protobufjs/minimal.js'

const { roots } = protobuf
const { default: ours } = roots
delete roots['default']

export const baileys67 = await import('baileys67')

if (ours !== undefined) roots['default'] = ours
