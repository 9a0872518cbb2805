// Whether the account's 1:1 chats are addressed by LID: WhatsApp says it when a device is linked, and in the properties that Baileys asks
// for on every connection.
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  proto,
  type WASocket
} from '@whiskeysockets/baileys'

/** `lid_one_on_one_migration_enabled`. */
const PROPERTY = '9435'

const sentToNewDevice = (stanza: BinaryNode): boolean | undefined => {
  const props = getBinaryNodeChild(getBinaryNodeChild(stanza, 'pair-success'), 'client-props')
  if (!(props?.content instanceof Uint8Array)) return undefined
  try {
    return proto.ClientPairingProps.decode(props.content).isChatDbLidMigrated ?? undefined
  } catch {
    // The properties of the connection say it, too.
    return undefined
  }
}

const amongProperties = (answer: BinaryNode): boolean | undefined => {
  const properties = getBinaryNodeChildren(getBinaryNodeChild(answer, 'props'), 'prop')
  const found = properties.find(({ attrs }) => (attrs['config_code'] ?? attrs['name']) === PROPERTY)
  const value = found?.attrs['config_value'] ?? found?.attrs['value']
  return value === undefined ? undefined : value === '1' || value === 'true'
}

/** Calls `learn` with what WhatsApp says; Baileys has read the same stanzas when it does. */
export const watchLidMigration = (socket: WASocket, learn: (isMigrated: boolean) => void): void => {
  const take = (isMigrated: boolean | undefined): void => {
    if (isMigrated !== undefined) learn(isMigrated)
  }
  socket.ws.on('CB:iq,,pair-success', (stanza: BinaryNode) => take(sentToNewDevice(stanza)))
  socket.ws.on('CB:iq,,props', (answer: BinaryNode) => take(amongProperties(answer)))
}
