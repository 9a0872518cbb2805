// Kills the server again and again, at random moments, under traffic in every direction; then holds everything it
// stored and everything recipients got against the truth. Prints one JSON line last; exit code 0 only without loss.
//   npm run chaos -- --rounds 20 --seed 1
import { parseArgs } from 'node:util'
import { compare } from '../../harness/compare.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import { Simulator } from '../../simulator/simulator.ts'
import type { Phone } from '../../simulator/phone.ts'

export interface ChaosResult {
  readonly rounds: number
  readonly messages: number
  readonly missing: number
  readonly duplicates: number
  readonly different: number
  readonly sent: number
  readonly received_once: number
  readonly waiting: number
  readonly seconds: number
}

/** A small generator of random numbers, so that a seed gives the same moments again. */
const randomOf = (seed: number) => {
  let state = seed >>> 0 || 1
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const pick = <A>(random: () => number, from: ReadonlyArray<A>): A => {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('Nothing to pick from')
  return found
}

/** The traffic has a pace; nothing waits for a result this way. */
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export const killNine = async (options: {
  readonly rounds: number
  readonly seed: number
  readonly messages: number
  readonly log: (text: string) => void
}): Promise<ChaosResult> => {
  const started = performance.now()
  const random = randomOf(options.seed)
  const folder = temporaryFolder()
  const simulator = await Simulator.make({ seed: options.seed })
  const phone = simulator.createPhone({
    history: { chats: 12, messages: options.messages, chunkMessages: 200, inlineBelowBytes: 0 }
  })
  const settings = {
    WHATSAPP_URL: simulator.whatsappUrl,
    WHATSAPP_TRUST_ROOT: simulator.trustRoot,
    SEND_TIMEOUT: '2s'
  }
  const launch = () => ServerProcess.start({ dataDir: folder.path, settings })
  let server = await launch()
  await using left = new AsyncDisposableStack()
  left.defer(async () => {
    await server.kill()
    await simulator.stop()
    folder.remove()
  })
  const { accountId } = await server.api.createAccount('Chaos')
  await server.api.pair(accountId)
  await phone.scanQr((await server.api.offer(accountId)).qr ?? '')

  let running = true
  const accepted: Array<string> = []
  const write = async (): Promise<void> => {
    for (let n = 0; running; n += 1) {
      await oneMessage(phone, random, n)
      await pause(10)
    }
  }
  const send = async (): Promise<void> => {
    for (let n = 0; running; n += 1) {
      const text = `sent ${n}`
      const to = pick(random, phone.contacts).phoneNumber
      // The server may be dead or die before it answers; the key makes asking again safe.
      for (let isAccepted = false; running && !isAccepted;) {
        isAccepted = await server.api.send(accountId, to, text, `key-${n}`).then(
          () => true,
          () => pause(50).then(() => false)
        )
        if (isAccepted) accepted.push(text)
        await pause(30)
      }
    }
  }
  const traffic = [write(), send()]
  for (let round = 1; round <= options.rounds; round += 1) {
    await pause(200 + random() * 2000)
    await server.kill()
    if (random() < 0.3) await pause(random() * 1000)
    server = await launch()
    options.log(
      `round ${round}: ${phone.truth().messages.length} messages on the phone, ${accepted.length} accepted for sending`
    )
  }
  running = false
  await Promise.all(traffic)

  await server.api.untilAccount(
    accountId,
    'everything to be stored',
    ({ counts, state, sync }) =>
      state === 'open' && sync.chunksPending === 0 && counts.messages >= phone.truth().messages.length
  )
  await simulator.until(
    () => {
      const got = new Set(phone.truth().received.map(({ text }) => text))
      return accepted.every(text => got.has(text)) && phone.offlineQueue().length === 0
    },
    { timeoutMs: 60_000, what: 'everything sent and receipted' }
  )
  await server.api.untilAccount(
    accountId,
    'own copies',
    ({ counts }) => counts.messages >= phone.truth().messages.length
  )
  const truth = phone.truth()
  // A message that could not be decrypted has been asked for again and may still be on its way.
  let result = await compare(server.api, accountId, truth.messages)
  await server.api
    .until('nothing to be missing', async () => {
      result = await compare(server.api, accountId, truth.messages)
      return result.missing.length + result.different.length === 0 ? true : undefined
    })
    .catch(() => undefined)
  const once = accepted.filter(text => {
    const got = truth.received.filter(received => received.text === text)
    return got.length === 1 && got[0]?.times === 1
  })
  for (const message of result.missing.slice(0, 5)) options.log(`missing: ${JSON.stringify(message)}`)
  for (const difference of result.different.slice(0, 5)) options.log(`different: ${difference}`)
  return {
    rounds: options.rounds,
    messages: result.messages,
    missing: result.missing.length,
    duplicates: result.duplicates.length,
    different: result.different.length,
    sent: accepted.length,
    received_once: once.length,
    waiting: truth.offlineQueue.length,
    seconds: Math.round((performance.now() - started) / 100) / 10
  }
}

const oneMessage = async (phone: Phone, random: () => number, n: number): Promise<void> => {
  const contact = pick(random, phone.contacts)
  const kind = random()
  if (kind < 0.6) await phone.receive({ from: contact, text: `inbound ${n}` })
  else if (kind < 0.8) await phone.send({ to: contact, text: `own ${n}` })
  else {
    const group = pick(random, phone.groups)
    const member = phone.contacts.find(candidate => group.members.has(candidate))
    if (member !== undefined) await phone.receive({ from: member, group, text: `group ${n}` })
  }
}

export const isClean = (result: ChaosResult): boolean =>
  result.missing + result.duplicates + result.different + result.waiting === 0 &&
  result.received_once === result.sent

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      messages: { type: 'string', default: '2000' }
    }
  })
  const result = await killNine({
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    messages: Number(values.messages),
    log: text => console.log(text)
  })
  console.log(JSON.stringify(result))
  process.exit(isClean(result) ? 0 : 1)
}
