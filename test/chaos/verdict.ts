// What is left of one account after all kills, held against the truth: what the server stored, what recipients got, which receipts
// are shown.
import { compareChats, compareLabels } from '../../harness/compare-chats.ts'
import { compare } from '../../harness/compare.ts'
import type { ServerProcess } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { withoutHostile } from './hostile.ts'
import type { Traffic } from './traffic.ts'

export interface ChaosAccount {
  readonly accountId: string
  readonly phone: Phone
  readonly traffic: Traffic
}

export interface Verdict {
  readonly messages: number
  readonly lost: number
  readonly duplicated: number
  readonly different: number
  readonly unexpected: number
  readonly sends: number
  readonly sendsLost: number
  readonly sendsDuplicated: number
  /** Those that are shown as failed, though recipients have them. */
  readonly sendsMisreported: number
  readonly receipts: number
  readonly receiptsLost: number
  readonly waiting: number
  /** Times that the account crashed. */
  readonly crashes: number
}

type Log = (text: string) => void

/** All Signal sessions still work: a message each way with every contact, and one in every group. Nothing else is unread then. */
export const proveSessions = async (
  server: ServerProcess,
  { accountId, phone, traffic }: ChaosAccount
): Promise<void> => {
  for (const chat of [...phone.contacts, ...phone.groups]) await phone.markRead(chat)
  for (const contact of phone.contacts) {
    await phone.receive({ from: contact, text: 'still there?' })
    const sent = await server.api.send(accountId, contact.phoneNumber, `yes, ${contact.phoneNumber}`)
    traffic.accepted.push({ ...sent, text: `yes, ${contact.phoneNumber}` })
  }
  for (const group of phone.groups) {
    const member = phone.contacts.find(contact => group.members.has(contact))
    if (member !== undefined) await phone.receive({ from: member, group, text: 'all still there?' })
  }
}

/** Waits until nothing more is expected to change; a wait in vain is logged and shows in the verdict. */
export const verdictOf = async (
  server: ServerProcess,
  account: ChaosAccount,
  simulator: Simulator,
  log: Log
): Promise<Verdict> => {
  const { accountId, phone } = account
  const { accepted } = account.traffic
  await untilStored(server, account, log)
  await untilSent(simulator, account, log)
  const result = await settledComparison(server, account, log)
  const receipts = await settledReceipts(server, account, log)
  const truth = phone.truth()
  const times = accepted.map(({ entryId }) => timesReceived(truth.received, entryId))
  for (const message of result.missing.slice(0, 5)) {
    log(`lost: ${JSON.stringify(message)}`)
    log(
      `what it quotes: ${JSON.stringify(result.returned.filter(({ whatsAppId }) => whatsAppId === message.quotedId))}`
    )
  }
  for (const id of result.duplicates.slice(0, 5)) log(`duplicated: ${id}`)
  for (const difference of result.different.slice(0, 5)) log(`different: ${difference}`)
  for (const message of result.unexpected.slice(0, 5)) log(`unexpected: ${message}`)
  for (const stanza of truth.offlineQueue.slice(0, 5))
    log(`not acknowledged in ${accountId}: ${JSON.stringify(stanza)}`)
  for (const receipt of receipts.lost.slice(0, 5)) log(`receipt lost in ${accountId}: ${receipt}`)
  return {
    messages: result.messages,
    lost: result.missing.length,
    duplicated: result.duplicates.length,
    different: result.different.length,
    unexpected: result.unexpected.length,
    sends: accepted.length,
    sendsLost: times.filter(count => count === 0).length,
    sendsDuplicated: times.filter(count => count > 1).length,
    sendsMisreported: await countMisreported(server, account, log),
    receipts: receipts.all,
    receiptsLost: receipts.lost.length,
    waiting: truth.offlineQueue.length,
    crashes: await crashesOf(server, accountId, log)
  }
}

const crashesOf = async ({ api }: ServerProcess, accountId: string, log: Log): Promise<number> => {
  const crashes = (await api.incidents(accountId)).filter(({ kind }) => kind === 'account.crashed')
  for (const crash of crashes) log(`crashed: ${JSON.stringify(crash)}`)
  return crashes.reduce((sum, { count }) => sum + count, 0)
}

/** Asks until the answer is there; logs the state of account and server when it does not come. */
const settled = async <A>(
  server: ServerProcess,
  accountId: string,
  what: string,
  ask: () => Promise<A | undefined>,
  log: Log
): Promise<void> => {
  await server.api.until(what, ask).catch(async (cause: unknown) => {
    log(`${String(cause)}; ${JSON.stringify(await server.api.account(accountId))}`)
    for (const { jobId } of await server.api.jobs(accountId))
      log(JSON.stringify(await server.api.job(accountId, jobId)))
    log(server.output().split('\n').slice(-15).join('\n'))
  })
}

const untilStored = (server: ServerProcess, { accountId, phone }: ChaosAccount, log: Log): Promise<void> =>
  settled(
    server,
    accountId,
    'everything to be stored',
    async () => {
      const { counts, state, sync } = await server.api.account(accountId)
      // A chat that the phone does not answer for, such as a bot's, is asked about for some minutes.
      const isOpen = state === 'open' || state === 'backfilling'
      return isOpen && sync.chunksPending === 0 && counts.messages >= phone.truth().messages.length
        ? true
        : undefined
    },
    log
  )

/** After a refused question the server waits for a minute, after the third in a row for four. */
const PROGRESS_MS = 300_000

/**
 * Waits as long as there is less and less to be sent and received: after many kills it takes minutes. What is sent during the
 * comparison would be unexpected in it.
 */
const untilSent = async (simulator: Simulator, { phone, traffic }: ChaosAccount, log: Log): Promise<void> => {
  const countWaiting = (): number => {
    const got = new Set(phone.truth().received.map(({ id }) => id))
    const unsent = traffic.accepted.filter(({ entryId }) => !got.has(entryId))
    return unsent.length + phone.offlineQueue().length
  }
  try {
    for (let left = countWaiting(); left > 0; left = countWaiting()) {
      const what = `progress with ${left} messages to be sent or received`
      await simulator.until(() => countWaiting() < left, { timeoutMs: PROGRESS_MS, what })
    }
  } catch (cause) {
    log(String(cause))
  }
}

/** Messages, chats and labels; what the owner set counts as `different` where it is not as on the phone. */
const wholeComparison = async ({ api }: ServerProcess, { accountId, phone }: ChaosAccount) => {
  const { chats, labels, messages } = phone.truth()
  const listed = await api.threads(accountId)
  const threads = [...listed, ...(await api.threads(accountId, 100, { deleted: true }))]
  const reader = { threads: async () => threads, messages: (threadId: string) => api.messages(threadId) }
  const result = await compare(withoutHostile(reader), accountId, messages)
  const settings = compareChats(threads, chats)
  const labelled = compareLabels(await api.labels(accountId), labels)
  return { ...result, different: [...result.different, ...settings, ...labelled] }
}

/** A message that could not be decrypted was asked for again and may still be on its way. */
const settledComparison = async (server: ServerProcess, account: ChaosAccount, log: Log) => {
  let result = await wholeComparison(server, account)
  const ask = async () => {
    result = await wholeComparison(server, account)
    const { different, missing, unexpected } = result
    return missing.length + different.length + unexpected.length === 0 ? true : undefined
  }
  await settled(server, account.accountId, 'nothing to be missing', ask, log)
  return result
}

const settledReceipts = async (server: ServerProcess, { accountId, phone }: ChaosAccount, log: Log) => {
  let receipts = await lostReceipts(server, accountId, phone)
  const ask = async () => {
    receipts = await lostReceipts(server, accountId, phone)
    return receipts.lost.length === 0 ? true : undefined
  }
  await settled(server, accountId, 'no receipt to be missing', ask, log)
  return receipts
}

const countMisreported = async (
  { api }: ServerProcess,
  { accountId, phone, traffic }: ChaosAccount,
  log: Log
): Promise<number> => {
  const { received } = phone.truth()
  let misreported = 0
  for (const { entryId } of traffic.accepted) {
    const entry = await api.entry(accountId, entryId)
    if (entry.status !== 'failed' || timesReceived(received, entryId) === 0) continue
    log(`shown as failed in ${accountId}, though it was received: ${entryId} (${entry.reason})`)
    misreported += 1
  }
  return misreported
}

/** How often the recipient who got a message most often got it; 0 when one never did. */
const timesReceived = (received: ReturnType<Phone['truth']>['received'], id: string): number => {
  const copies = received.filter(entry => entry.id === id)
  const byRecipient = new Map<string, number>()
  for (const copy of copies)
    byRecipient.set(copy.recipient, (byRecipient.get(copy.recipient) ?? 0) + copy.times)
  return Math.max(0, ...byRecipient.values())
}

/** The receipts that people sent for our messages, as `status address` by message id. */
const sentReceipts = (phone: Phone): ReadonlyMap<string, ReadonlySet<string>> => {
  const sent = new Map<string, Set<string>>()
  for (const { from, id, type } of phone.truth().receipts) {
    if (from === phone.jid || from === phone.lid || !['delivery', 'inactive', 'read'].includes(type)) continue
    const receipt = `${type === 'read' ? 'read' : 'delivered'} ${from}`
    sent.set(id, (sent.get(id) ?? new Set()).add(receipt))
  }
  return sent
}

/** Receipts of people for messages of ours: each must be in the store, with its time. */
const lostReceipts = async (server: ServerProcess, accountId: string, phone: Phone) => {
  const sent = sentReceipts(phone)
  const lost: Array<string> = []
  let all = 0
  const addresses = new Map(
    phone.contacts.flatMap(({ jid, lid }) => [
      [jid, [jid, lid]],
      [lid, [jid, lid]]
    ])
  )
  for (const thread of await server.api.threads(accountId)) {
    for (const message of await server.api.messages(thread.threadId, 500)) {
      const expected = message.direction === 'outbound' ? sent.get(message.whatsAppId) : undefined
      if (expected === undefined) continue
      const { receipts } = await server.api.message(thread.threadId, message.messageId)
      for (const receipt of expected) {
        const [status, from = ''] = receipt.split(' ')
        const names = addresses.get(from) ?? [from]
        // What went to a broadcast list has the receipt of one recipient in each thread.
        if (thread.kind === 'direct' && !names.includes(thread.clientJid)) continue
        all += 1
        const held = receipts.find(({ recipient }) => names.includes(recipient))
        if ((status === 'read' ? held?.readAt : held?.deliveredAt) == null)
          lost.push(
            `${message.whatsAppId} ${receipt}; stored: ${JSON.stringify({ status: message.status, body: message.body, receipts })}`
          )
      }
    }
  }
  return { all, lost }
}
