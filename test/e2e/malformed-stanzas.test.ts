// Stanzas that Baileys or this server cannot make sense of: each is acknowledged, none ends the connection, and what honest people
// send in between is all there.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { isReadable, malformedStanza } from '../attack/malformed-stanzas.ts'
import { randomOf } from '../chaos/random.ts'
import { thorough } from '../thorough.ts'
import { sharedInProcessStage } from './stage.ts'

const STANZAS = thorough(400, 1000)

const shared = sharedInProcessStage()

test.each(thorough([1], [1, 2, 3, 4, 5]))(
  'whatever is malformed in stanzas, the account stays connected and everything else arrives (seed %i)',
  async seed => {
    const stage = shared()
    const { accountId, phone } = await stage.linked({
      history: { chats: 3, messages: 12, groupsShare: 0.34 }
    })
    const { lastDisconnect } = await stage.api.account(accountId)
    const random = randomOf(seed)
    const [contact, honest] = phone.contacts
    const cast = {
      own: phone.jid,
      ownLid: phone.lid,
      contact: contact!.jid,
      contactLid: contact!.lid,
      group: phone.groups[0]!.id,
      bytes: new Uint8Array(randomBytes(80))
    }
    const readable = new Map<string, unknown>()
    for (let n = 0; n < STANZAS; n += 1) {
      const id = `MALFORMED${seed}-${n}`
      const stanza = malformedStanza(random, cast, id)
      if (await isReadable(stanza)) readable.set(id, stanza)
      phone.receiveStanza(stanza)
      if (n % 50 === 0) await phone.receive({ from: honest!, text: `honest ${n}` })
    }
    const waiting = () => phone.offlineQueue().flatMap(({ id }) => readable.get(id) ?? [])
    await stage.simulator
      .until(() => waiting().length === 0, { timeoutMs: 45_000, what: 'the acknowledgements' })
      .catch(() => undefined)
    expect(waiting()).toEqual([])
    // What is acknowledged is in the journal, and stored a moment later.
    const missing = await stage.api.until('honest messages to be stored', async () => {
      const compared = await compare(stage.api, accountId, phone.truth().messages)
      const ofHonest = compared.missing.filter(({ chatJid }) => chatJid === honest!.jid)
      return ofHonest.length === 0 ? ofHonest : undefined
    })
    // Of the others, WhatsApp may have said that they have another number, or left the group.
    expect(missing).toEqual([])
    expect(await stage.api.account(accountId)).toMatchObject({ tags: ['online'], lastDisconnect })
    const kinds = (await stage.api.incidents(accountId)).map(({ kind }) => kind)
    expect(kinds).not.toContain('account.crashed')
    // One, with a count.
    expect(kinds.filter(kind => kind === 'stanza.faulty').length).toBeLessThanOrEqual(1)
  }
)
