// Sessions with a device that are stored under its phone number, once Baileys looks for them under the LID.
//
// As soon as the LID of a number is known, Baileys looks under the LID alone. It moves the session there only when a message brings the
// mapping, and only if there is a list of devices: not when the members of a group or an answer of WhatsApp bring it, and not for
// sessions of Baileys 6. And it moves it over the session under the LID, if there is one. The next message would have to be asked for again.
import { Effect } from 'effect'
import type { Vault } from '../../vault/vault.ts'

const LID_DEVICE = /^(\d+)_1(\.\d+)$/

export interface NumberSession {
  /** The session's name under the phone number. */
  readonly name: string
  readonly record: Uint8Array
}

/** Answers for each session under a LID what is stored under the number, until the number is known and has nothing more. */
export const makeMovedSessions = (vault: Vault['Service'], accountId: string) => {
  /** The names of those that have nothing under their number any more: nothing new comes there. */
  const settled = new Set<string>()

  const find = Effect.fnUntraced(function* (id: string) {
    const [, lid, device = ''] = LID_DEVICE.exec(id) ?? []
    if (lid === undefined || settled.has(id)) return undefined
    const number = yield* numberOf(vault, accountId, lid)
    if (number === undefined) return undefined
    const name = `${number}${device}`
    const record = (yield* vault.readKeys(accountId, 'session', [name])).get(name)
    if (record === undefined) settled.add(id)
    return record === undefined ? undefined : ({ name, record } satisfies NumberSession)
  })
  return { find }
}

/** As Baileys keeps it, in JSON. */
const numberOf = Effect.fnUntraced(function* (vault: Vault['Service'], accountId: string, lid: string) {
  const key = `${lid}_reverse`
  const stored = (yield* vault.readKeys(accountId, 'lid-mapping', [key])).get(key)
  const number: unknown = stored === undefined ? undefined : JSON.parse(stored.toString())
  return typeof number === 'string' && /^\d+$/.test(number) ? number : undefined
})
