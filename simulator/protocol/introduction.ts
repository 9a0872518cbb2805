// A linked device says it is active: it gets what waited for it, and, the first time, the phone introduces itself with the
// app-state key and its history.
import { proto } from '@whiskeysockets/baileys'
import { isGroup } from '../state/group.ts'
import { chatIdOf } from '../state/history/chat.ts'
import { shareAppStateKey } from './app-state.ts'
import type { Companion } from '../state/account.ts'
import { sendHistory } from './history/send.ts'
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { type Mailbox } from '../state/history/mailbox.ts'

export const activate = (network: Network, session: Session, companion: Companion): void => {
  if (companion.connection !== session.connection || companion.queue.connected) return
  companion.queue.open(session.connection)
  network.signals.emit('active', { device: companion.jid })
  if (companion.introduced) return
  companion.introduced = true
  const introduceNow = (): void => network.background.run('introduce', introduce(network, companion))
  if (companion.account.online) introduceNow()
  else network.whenOnline(companion.account, introduceNow)
}

const introduce = async (network: Network, companion: Companion): Promise<void> => {
  const mailbox = network.mailboxes.get(companion.account)
  if (mailbox && network.appStateOf(companion.account).isEmpty) await writeAppState(network, mailbox)
  await shareAppStateKey(network, companion)
  if (mailbox) await sendHistory(network, companion, mailbox, network.syncPlanOf(companion.account))
}

/** What the phone knew before anyone linked: its own name, its contacts' names, which chats are archived, pinned, muted. */
const writeAppState = async (network: Network, mailbox: Mailbox): Promise<void> => {
  const { owner } = mailbox
  const store = network.appStateOf(owner)
  const { SET } = proto.SyncdMutation.SyncdOperation
  const timestamp = 1_700_000_000_000
  await store.write({
    type: 'critical_block',
    index: ['setting_pushName'],
    syncAction: { timestamp, pushNameSetting: { name: owner.pushName } },
    apiVersion: 1,
    operation: SET
  })
  for (const chat of mailbox.chats) {
    const { partner } = chat
    const id = chatIdOf(chat)
    if (!isGroup(partner)) {
      await store.write({
        type: 'critical_unblock_low',
        index: ['contact', partner.jid],
        syncAction: {
          timestamp,
          contactAction: {
            fullName: partner.pushName,
            firstName: partner.pushName.split(' ')[0] ?? partner.pushName,
            lidJid: partner.lid,
            saveOnPrimaryAddressbook: true
          }
        },
        apiVersion: 2,
        operation: SET
      })
    }
    if (chat.pinned) {
      await store.write({
        type: 'regular_low',
        index: ['pin_v1', id],
        syncAction: { timestamp, pinAction: { pinned: true } },
        apiVersion: 5,
        operation: SET
      })
    }
    if (chat.archived) {
      await store.write({
        type: 'regular_low',
        index: ['archive', id],
        syncAction: { timestamp, archiveChatAction: { archived: true } },
        apiVersion: 3,
        operation: SET
      })
    }
    if (chat.muted) {
      await store.write({
        type: 'regular_high',
        index: ['mute', id],
        syncAction: { timestamp, muteAction: { muted: true, muteEndTimestamp: 4_000_000_000_000 } },
        apiVersion: 2,
        operation: SET
      })
    }
  }
}
