// A linked device says it is active: it gets what waited for it, and, the first time, the phone sends it the app-state keys and
// its history.
import type { Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { shareAppStateKeys } from './app-state-keys.ts'
import { initialPatches } from './chat-settings.ts'
import { sendHistory } from './history/send.ts'

export const activate = (network: Network, session: Session, companion: Companion): void => {
  if (companion.connection !== session.connection || companion.queue.connected) return
  companion.queue.open(session.connection, { asked: companion.account.asksForBacklog })
  network.signals.emit('active', { device: companion.jid })
  if (companion.introduced) return
  companion.introduced = true
  const introduceNow = (): void => network.background.run('introduce', introduce(network, companion))
  if (companion.account.online) introduceNow()
  else network.whenOnline(companion.account, introduceNow)
}

const introduce = async (network: Network, companion: Companion): Promise<void> => {
  const { account } = companion
  const mailbox = network.mailboxes.get(account)
  const appState = network.appStateOf(account)
  if (mailbox && appState.isEmpty) {
    for (const patch of initialPatches(mailbox)) await appState.write([patch])
  }
  await shareAppStateKeys(network, companion)
  if (mailbox) await sendHistory(network, companion, mailbox, network.syncPlanOf(account))
}
