// What the owner of a phone does to single messages and labels, for the own devices only: stars, "delete for me", labels.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../state/account.ts'
import type { Group } from '../state/group.ts'
import { chatIdOf, chatJidOf } from '../state/history/chat.ts'
import type { HeldMessage } from '../state/ledger.ts'
import type { Network } from '../state/network.ts'
import { changeFromPhone } from './app-state.ts'
import { set } from './chat-settings.ts'
import { heldEntry } from './messages/record.ts'

export type MessageMark =
  | { readonly starred: boolean }
  /** `false` takes it back, as "undo" does. */
  | { readonly deletedForMe: boolean }
  | { readonly label: string; readonly labeled: boolean }

export interface LabelEdit {
  readonly id: string
  readonly name: string
  /** A number of WhatsApp's palette. */
  readonly color?: number | undefined
  readonly deleted?: boolean | undefined
}

/** The owner marks a message of a chat; resolves when the linked devices are notified. */
export const markMessage = async (
  network: Network,
  owner: Account,
  {
    id,
    mark,
    partner
  }: { readonly partner: Account | Group; readonly id: string; readonly mark: MessageMark }
): Promise<void> => {
  const mailbox = network.mailboxes.get(owner)
  const chat = mailbox?.find(partner)
  const info = chat && mailbox?.infoOf(chat, id)
  if (!chat || !info) throw new Error(`${owner.jid} has no message ${id} in this chat`)
  const { fromMe, participant } = info.key ?? {}
  // In a group, the writer is named unless it is the owner.
  const place = [
    chatIdOf(chat),
    id,
    fromMe === true ? '1' : '0',
    fromMe === true ? '0' : (participant ?? '0')
  ]
  const timestamp = network.clock.milliseconds()
  const held = heldEntry(network, owner, chatJidOf(chat), id)
  // No undo brings back what was removed with its chat.
  const isGone = chat.removedUpTo !== undefined && Number(info.messageTimestamp ?? 0) <= chat.removedUpTo
  if (held && !(isGone && 'deletedForMe' in mark)) noteMark(held, mark)
  if ('starred' in mark) {
    info.starred = mark.starred
    const starAction = { starred: mark.starred }
    await changeFromPhone(
      network,
      owner,
      set('regular_high', 2, ['star', ...place], { timestamp, starAction })
    )
  } else if ('deletedForMe' in mark) {
    const messageTimestamp = Number(info.messageTimestamp ?? 0)
    const deleteMessageForMeAction = { deleteMedia: true, messageTimestamp }
    const patch = set('regular_high', 3, ['deleteMessageForMe', ...place], {
      timestamp,
      deleteMessageForMeAction
    })
    const { REMOVE, SET } = proto.SyncdMutation.SyncdOperation
    await changeFromPhone(network, owner, { ...patch, operation: mark.deletedForMe ? SET : REMOVE })
  } else {
    const index = ['label_message', mark.label, chatIdOf(chat), id, '0', '0']
    const labelAssociationAction = { labeled: mark.labeled }
    await changeFromPhone(network, owner, set('regular', 3, index, { timestamp, labelAssociationAction }))
  }
}

const noteMark = (held: HeldMessage, mark: MessageMark): void => {
  if ('starred' in mark) held.starred = mark.starred
  else if ('deletedForMe' in mark) held.deletedForMe = mark.deletedForMe
  else {
    const others = (held.labels ?? []).filter(label => label !== mark.label)
    held.labels = mark.labeled ? [...others, mark.label] : others
  }
}

/** The owner makes, renames or deletes a label. */
export const editLabel = (
  network: Network,
  owner: Account,
  { color = 0, deleted = false, id, name }: LabelEdit
): Promise<void> => {
  const labels = network.mailboxes.get(owner)?.labels
  if (deleted) labels?.delete(id)
  else labels?.set(id, { name, color })
  return changeFromPhone(
    network,
    owner,
    set('regular', 3, ['label_edit', id], {
      timestamp: network.clock.milliseconds(),
      labelEditAction: { name, color, deleted }
    })
  )
}
