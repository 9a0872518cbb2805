// Sessions of Baileys 6, under the names by which Baileys 7 looks for them.
//
// Baileys 6 calls a device `<user>.<device>` whether the user is a phone number or a LID; Baileys 7 adds `_1` to the user of a
// LID. A number never is the LID of someone else, so each key is kept under both names: the wrong one is never looked for.
// The account's own devices are known by number and LID; Baileys 7 looks for them under the LID alone.
import { jidDecode } from '@whiskeysockets/baileys'
import { mergedRecords } from '../socket/session-records.ts'
import type { SessionKeys } from './key-names.ts'
import type { Creds } from './schemas.ts'

const DEVICE = /^(\d+)\.(\d+)$/
const SENDER = /^(.+::\d+)(::\d+)$/

/** Baileys 7 has known LIDs apart from its first start. */
const isOfBaileys7 = (keys: SessionKeys): boolean =>
  keys['lid-mapping'].size > 0 || [...keys.session.keys()].some(id => /^\d+_\d+\./.test(id))

type Values = ReadonlyMap<string, unknown>

const alsoAs = (values: Values, lidName: (id: string) => string | undefined): Map<string, unknown> => {
  const both = new Map(values)
  for (const [id, value] of values) {
    const other = lidName(id)
    if (other !== undefined && !values.has(other)) both.set(other, value)
  }
  return both
}

const lidDevice = (id: string): string | undefined =>
  DEVICE.test(id) ? id.replace(DEVICE, '$1_1.$2') : undefined
const lidSender = (id: string): string | undefined =>
  SENDER.test(id) ? id.replace(SENDER, '$1_1$2') : undefined

/** Sessions with the account's own devices, under their LIDs. */
const withOwnDevices = ({ id, lid }: Creds['me'], sessions: Map<string, unknown>): Map<string, unknown> => {
  const [number, ownLid] = [jidDecode(id)?.user, lid === undefined ? undefined : jidDecode(lid)?.user]
  if (number === undefined || ownLid === undefined) return sessions
  for (const [name, value] of new Map(sessions)) {
    const [, user, device] = DEVICE.exec(name) ?? []
    if (user !== number || device === undefined) continue
    const lidName = `${ownLid}_1.${device}`
    sessions.set(lidName, mergedRecords(value, sessions.get(lidName)))
  }
  return sessions
}

/** The keys as Baileys 7 would have written them; those of Baileys 7 stay as they are. */
export const withNamesOfToday = (me: Creds['me'], keys: SessionKeys): SessionKeys =>
  isOfBaileys7(keys)
    ? keys
    : {
        ...keys,
        session: withOwnDevices(me, alsoAs(keys.session, lidDevice)),
        'sender-key': alsoAs(keys['sender-key'], lidSender)
      }
