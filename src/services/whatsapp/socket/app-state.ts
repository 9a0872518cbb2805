// Connects the app state of an account to a connection: what WhatsApp announces, and when reading it begins.
import { type BinaryNode, getBinaryNodeChildren, type WASocket } from '@whiskeysockets/baileys'
import { type AppStateSync, makeAppStateSync } from '../app-state/sync.ts'
import { addressesIn } from './auth-state.ts'
import type { ConnectionRuntime } from './runtime.ts'
import type { MediaServer } from '../media/server.ts'
import type { ConnectionServices } from './services.ts'

const isAnnouncement = ({ attrs, tag }: BinaryNode): boolean =>
  tag === 'notification' && attrs['type'] === 'server_sync'

/** Baileys only acknowledges announcements: it would read the collections in its own way, and lose them at a crash. */
export const withoutAnnouncedCollections = (stanza: BinaryNode): BinaryNode =>
  isAnnouncement(stanza) ? { ...stanza, content: [] } : stanza

export interface ConnectedAppState extends Pick<AppStateSync, 'loop'> {
  /** To be called when the connection is open: whatever changed meanwhile is read. */
  readonly onOpen: () => void
}

export const connectAppState = (options: {
  readonly accountId: string
  readonly socket: WASocket
  readonly services: ConnectionServices
  readonly runtime: ConnectionRuntime
  readonly mediaServer: MediaServer
  readonly isOpen: () => boolean
}): ConnectedAppState => {
  const { runtime, services, socket } = options
  const { creds } = socket.authState
  const sync = makeAppStateSync({
    ...options,
    ...services,
    self: () => addressesIn(creds),
    newestKey: () => creds.myAppStateKeyId,
    onPushName: name => {
      if (creds.me !== undefined && creds.me.name !== name)
        socket.ev.emit('creds.update', { me: { ...creds.me, name } })
    }
  })
  socket.ws.on('CB:notification,type:server_sync', (node: BinaryNode) => {
    const names = getBinaryNodeChildren(node, 'collection').flatMap(({ attrs }) => attrs['name'] ?? [])
    runtime.fork(sync.want(names))
  })
  return { loop: sync.loop, onOpen: () => runtime.fork(sync.onOpen) }
}
