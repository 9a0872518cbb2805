// Members of groups, for the life of one connection: without it Baileys asks WhatsApp before every group message.
// Notifications of changes drop the entry; a new connection starts empty.
import type { BaileysEventEmitter, GroupMetadata } from '@whiskeysockets/baileys'

const MAX_GROUPS = 2000

export interface GroupCache {
  readonly get: (jid: string) => Promise<GroupMetadata | undefined>
  /** Drops groups as they change. */
  readonly follow: (events: BaileysEventEmitter) => void
}

export const makeGroupCache = (ask: (jid: string) => Promise<GroupMetadata>): GroupCache => {
  const known = new Map<string, Promise<GroupMetadata>>()
  return {
    get: jid => {
      const asked = known.get(jid)
      if (asked !== undefined) return asked
      const answer = ask(jid)
      if (known.size >= MAX_GROUPS) known.clear()
      known.set(jid, answer)
      // After a failure Baileys asks WhatsApp now, and this cache does the next time.
      return answer.catch(() => {
        known.delete(jid)
        return undefined
      })
    },
    follow: events => {
      events.on('groups.update', groups => {
        for (const { id } of groups) if (id !== undefined) known.delete(id)
      })
      events.on('group-participants.update', ({ id }) => known.delete(id))
    }
  }
}
