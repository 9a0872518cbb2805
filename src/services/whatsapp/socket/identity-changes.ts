// Somebody has a new identity key, usually because they reinstalled WhatsApp: their devices have lost the sender keys of groups. Baileys
// remembers to whom it gave them and would not give them again, so that this person could not read what is sent to groups.
import {
  type BinaryNode,
  getBinaryNodeChild,
  type SignalDataSet,
  type WASocket
} from '@whiskeysockets/baileys'
import { chatJid, isPersonJid } from '../../../domain/jid.ts'
import type { Vault } from '../../vault/vault.ts'
import type { KnownForms } from './device-lists.ts'
import type { RunPromise } from './signal-keys.ts'

/** Who has a new identity key, by the addresses in the notification; nobody in any other stanza. */
const changedIdentity = (stanza: BinaryNode): ReadonlyArray<string> => {
  const { from, lid, type } = stanza.attrs
  if (stanza.tag !== 'notification' || type !== 'encrypt' || !getBinaryNodeChild(stanza, 'identity'))
    return []
  return [from, lid]
    .map(chatJid)
    .filter(jid => jid !== undefined && isPersonJid(jid))
    .filter(jid => jid !== undefined)
}

/** Which devices have a group's sender key. */
type Holders = Readonly<Record<string, boolean>>

/** `undefined` when none of these people's devices has it. */
export const withoutDevicesOf = (people: ReadonlyArray<string>, holders: Holders): Holders | undefined => {
  const kept = Object.entries(holders).filter(([device]) => !people.includes(chatJid(device) ?? device))
  return kept.length === Object.keys(holders).length ? undefined : Object.fromEntries(kept)
}

/** To be called with each notification before Baileys handles it. */
export const forgetSenderKeys = async (
  {
    accountId,
    knownForms,
    run,
    socket,
    vault
  }: {
    readonly accountId: string
    readonly knownForms: KnownForms
    readonly socket: WASocket
    readonly vault: Vault['Service']
    readonly run: RunPromise
  },
  stanza: BinaryNode
): Promise<void> => {
  const changed = changedIdentity(stanza)
  if (changed.length === 0) return
  const people = await knownForms(changed)
  const { creds, keys } = socket.authState
  // Baileys reads and writes this while it sends, in a transaction of the same name: without it, it could write back what it read before.
  await keys.transaction(async () => {
    const groups = await run(vault.keyIds(accountId, 'sender-key-memory'))
    const holders = await keys.get('sender-key-memory', [...groups])
    const left: NonNullable<SignalDataSet['sender-key-memory']> = {}
    for (const [group, devices] of Object.entries(holders)) {
      const kept = withoutDevicesOf(people, devices)
      if (kept !== undefined) left[group] = { ...kept }
    }
    if (Object.keys(left).length > 0) await keys.set({ 'sender-key-memory': left })
  }, creds.me?.id ?? '')
}
