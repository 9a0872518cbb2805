// Where tokens are kept: those of contacts where Baileys looks for them when it sends, sealed like every key; and the token that
// goes with a message to somebody who gave none.
import { createHmac } from 'node:crypto'
import { Effect } from 'effect'
import { isLidJid } from '../../../domain/jid.ts'
import type { Vault } from '../../vault/vault.ts'
import type { ContactToken, PrivacyTokens } from '../convert/privacy-tokens.ts'
import { decodeKey, encodeKeys } from '../socket/auth-state.ts'

const TOKENS = 'tctoken'
/** The entry of Baileys that lists the others. */
const INDEX = '__index'
const SALTS = 'nct-salt'
const SALT = 'current'

type OpenVault = Vault['Service']

const readTokens = Effect.fnUntraced(function* (
  vault: OpenVault,
  accountId: string,
  jids: ReadonlyArray<string>
) {
  const stored = yield* vault.readKeys(accountId, TOKENS, jids)
  return new Map([...stored].map(([jid, bytes]) => [jid, decodeKey(TOKENS, bytes)]))
})

const listedIn = (token: Uint8Array | undefined): ReadonlyArray<string> => {
  try {
    const listed: unknown = JSON.parse(Buffer.from(token ?? []).toString() || '[]')
    return Array.isArray(listed) ? listed.filter(jid => typeof jid === 'string') : []
  } catch {
    return []
  }
}

/** Stores the tokens of contacts that are newer than the stored ones. Joins the caller's transaction. */
const storeContactTokens = Effect.fnUntraced(function* (
  vault: OpenVault,
  accountId: string,
  contacts: ReadonlyArray<ContactToken>
) {
  const before = yield* readTokens(vault, accountId, [INDEX, ...contacts.map(({ jid }) => jid)])
  const newer = contacts.filter(({ givenAt, jid }) => Number(before.get(jid)?.timestamp ?? 0) < givenAt)
  if (newer.length === 0) return
  const listed = new Set([...listedIn(before.get(INDEX)?.token), ...newer.map(({ jid }) => jid)])
  const tokens = Object.fromEntries(
    newer.map(({ givenAt, jid, sentAt, token }) => [
      jid,
      {
        ...before.get(jid),
        token: Buffer.from(token),
        timestamp: String(givenAt),
        ...(sentAt === undefined ? {} : { senderTimestamp: sentAt })
      }
    ])
  )
  const index = { token: Buffer.from(JSON.stringify([...listed])) }
  yield* vault.writeKeys(accountId, encodeKeys({ [TOKENS]: { ...tokens, [INDEX]: index } }))
})

/** `null` removes it. */
export const storeSalt = (vault: OpenVault, accountId: string, salt: Uint8Array | null) =>
  vault.writeKeys(accountId, { [SALTS]: { [SALT]: salt } })

/** Stores what a history chunk has of tokens. Joins the caller's transaction. */
export const storePrivacyTokens = Effect.fnUntraced(function* (
  vault: OpenVault,
  accountId: string,
  { contacts, salt }: PrivacyTokens
) {
  if (contacts.length > 0) yield* storeContactTokens(vault, accountId, contacts)
  if (salt !== undefined) yield* storeSalt(vault, accountId, salt)
})

/** A token holds for the week in which it was given and the three after it. */
const WEEK_SECONDS = 7 * 24 * 60 * 60
const WEEKS = 4

/** Both in seconds since 1970. */
export const isTokenExpired = (givenAt: number, now: number): boolean =>
  givenAt < (Math.floor(now / WEEK_SECONDS) - (WEEKS - 1)) * WEEK_SECONDS

export const ownTokenFor = (salt: Uint8Array, lidJid: string): Uint8Array =>
  createHmac('sha256', salt).update(lidJid).digest()

/**
 * The token that a message to this LID needs besides what Baileys adds: none if the contact gave one that still holds (`now` in
 * milliseconds since 1970), or if the phone has not told the salt.
 */
export const ownToken = Effect.fnUntraced(function* (
  vault: OpenVault,
  accountId: string,
  lidJid: string,
  now: number
) {
  if (!isLidJid(lidJid)) return undefined
  const given = (yield* readTokens(vault, accountId, [lidJid])).get(lidJid)
  if (given?.token.length && !isTokenExpired(Number(given.timestamp ?? 0), now / 1000)) return undefined
  const salt = (yield* vault.readKeys(accountId, SALTS, [SALT])).get(SALT)
  return salt === undefined ? undefined : ownTokenFor(salt, lidJid)
})
