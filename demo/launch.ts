// The demo: a simulated WhatsApp, a phone with a history, and the server keeping a live copy of it. With --exit it
// checks every message and ends; without, it runs until it is stopped.
import { parseArgs } from 'node:util'
import { compare } from '../harness/compare.ts'
import type { Api } from '../harness/api.ts'
import { storeOption, wholeOption } from '../harness/options.ts'
import type { AccountResource } from '../harness/resources.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { linkAccount, simulatorSettings } from '../harness/simulated.ts'
import { Simulator } from '../simulator/simulator.ts'
import type { Phone } from '../simulator/phone.ts'
import { Backscroll } from '../src/client/index.ts'
import { progressBar } from './progress-bar.ts'
import type * as WithFirestore from './with-firestore.ts'

const { values } = parseArgs({
  options: {
    exit: { type: 'boolean', default: false },
    chats: { type: 'string', default: '40' },
    messages: { type: 'string', default: '5000' },
    store: { type: 'string', default: 'sqlite' }
  }
})
const options = () => {
  try {
    return {
      chats: wholeOption('chats', values.chats, 1_000_000),
      messages: wholeOption('messages', values.messages, 1_000_000),
      store: storeOption(values.store)
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
}
const { chats, messages, store } = options()

// It links a phone of its own each time, and removes everything at the end: nobody's folder.
if ((process.env['DATA_DIR'] ?? '') !== '') {
  process.stderr.write(
    'The demo keeps its data in a folder of its own, which it removes: start it without DATA_DIR. PORT says where it listens\n'
  )
  process.exit(2)
}
const port = process.env['PORT'] ?? ''

const SENT = 10
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const sync = async (api: Api, accountId: string, expected: number): Promise<AccountResource> => {
  const bar = progressBar('history', expected)
  const synced = await api.untilAccount(accountId, 'the history', account => {
    bar.show(account.counts.messages)
    return account.state === 'open' && account.sync.chunksPending === 0 && account.counts.messages >= expected
  })
  bar.end(synced.counts.messages)
  return synced
}

/** Sends messages as an application does, and waits until each was read by its recipient. */
const sendAndSeeRead = async (
  server: Pick<ServerProcess, 'api' | 'key' | 'url'>,
  phone: Phone,
  accountId: string
): Promise<ReadonlyArray<string>> => {
  const client = new Backscroll(server)
  const sent = []
  for (let n = 1; n <= SENT; n += 1) {
    const contact = phone.contacts[n % Math.min(3, phone.contacts.length)]
    if (contact === undefined) throw new Error('The simulated phone has no contacts')
    const body = {
      to: contact.phoneNumber,
      text: `Message ${n} from the demo`,
      idempotencyKey: `demo-${n}`
    }
    sent.push(await client.call('outbox.send', { accountId, wait: 'delivered', body }))
  }
  for (const { messageId, threadId } of sent)
    await server.api.untilMessage(threadId, messageId, ({ status }) => status === 'read')
  return sent.map(({ messageId }) => messageId.slice(0, messageId.lastIndexOf('_')))
}

/** Cuts the connection once; meanwhile contacts and the owner's phone go on writing. */
const dropAndCatchUp = async (api: Api, phone: Phone, accountId: string): Promise<void> => {
  phone.disconnect()
  for (const contact of phone.contacts.slice(0, 5)) {
    await phone.receive({ from: contact, text: `Written while the server was away` })
    await phone.send({ to: contact, text: 'Answered from the phone while the server was away' })
  }
  await api.untilAccount(
    accountId,
    'what arrived meanwhile',
    account => account.state === 'open' && account.counts.messages >= phone.truth().messages.length
  )
}

const chatter = (phone: Phone): void => {
  const lines = [
    'Is it still available?',
    'Thank you! 🙏',
    'When do you open tomorrow?',
    'שלום, יש לכם במלאי?',
    'Perfect 👍'
  ]
  let turn = 0
  setInterval(() => {
    const contact = phone.contacts[turn % phone.contacts.length]
    const text = lines[turn % lines.length]
    turn += 1
    if (contact !== undefined && text !== undefined)
      phone.receive({ from: contact, text }).catch(() => undefined)
  }, 3000)
}

const ONLY_IN_A_CLONE =
  'The demo with Firestore needs a clone of the repository: npm run demo -- --store firestore\n'

/** The local Firestore is beside the tests, which are not part of the package. */
const startFirestore = async () => {
  const isPackaged = !import.meta.url.endsWith('.ts')
  if (isPackaged) {
    process.stderr.write(ONLY_IN_A_CLONE)
    process.exit(2)
  }
  const part: typeof WithFirestore = await import(new URL('with-firestore.ts', import.meta.url).href)
  return part.startFirestore()
}

const started = performance.now()
const folder = temporaryFolder()
const simulator = await Simulator.make({ seed: 1 })
const firestore = store === 'firestore' ? await startFirestore() : undefined
let running: ServerProcess | undefined

/** Ends all processes and removes the folder. */
const stop = async (code: number): Promise<never> => {
  await running?.stop()
  await simulator.stop()
  await firestore?.stop()
  folder.remove()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // Requests under way fail when their server stops: that is expected.
    process.on('uncaughtException', () => undefined)
    stop(130).catch(() => process.exit(1))
  })
}

const phone = simulator.createPhone({ name: 'Demo shop', history: { chats, messages } })
const server = await ServerProcess.start({
  dataDir: folder.path,
  settings: {
    ...simulatorSettings(simulator),
    ...firestore?.settings,
    ...(port === '' ? {} : { PORT: port })
  }
})
running = server

say(
  `Backscroll is at ${server.url} (documentation: ${server.url}/docs), on an embedded database in ${folder.path}`
)
say(`Linking a simulated phone with ${chats} chats and ${messages} messages …`)
const accountId = await linkAccount(server.api, 'Demo shop', qr => phone.scanQr(qr))
const synced = await sync(server.api, accountId, phone.truth().messages.length)
say(`Synced ${synced.counts.messages} messages in ${synced.counts.threads} threads.`)

if (values.exit) {
  const ids = await sendAndSeeRead(server, phone, accountId)
  await dropAndCatchUp(server.api, phone, accountId)
  const truth = phone.truth()
  const result = await compare(server.api, accountId, truth.messages)
  const published = await firestore?.compared(server.api, accountId, truth.messages)
  const receivedOnce = ids.filter(id => {
    const got = truth.received.filter(received => received.id === id)
    return got.length === 1 && got[0]?.times === 1
  })
  for (const message of result.missing.slice(0, 5)) say(`missing: ${message.id} (${message.kind})`)
  for (const difference of result.different.slice(0, 5)) say(`different: ${difference}`)
  for (const difference of published?.differences ?? []) say(`different in Firestore: ${difference}`)
  say(
    JSON.stringify({
      threads: result.threads,
      messages: result.messages,
      missing: result.missing.length,
      duplicates: result.duplicates.length,
      different: result.different.length,
      sent: SENT,
      received_once: receivedOnce.length,
      ...(published === undefined ? {} : { firestore: published.counts }),
      seconds: Math.round((performance.now() - started) / 100) / 10
    })
  )
  const isPerfect =
    result.missing.length + result.duplicates.length + result.different.length === 0 &&
    receivedOnce.length === SENT &&
    (published === undefined ||
      published.counts.missing + published.counts.duplicates + published.counts.different === 0)
  await stop(isPerfect ? 0 : 1)
} else {
  chatter(phone)
  if (firestore !== undefined) {
    const url = await firestore.showExample(accountId)
    say(`\n  The example application, on a local Firestore: ${url}`)
  }
  say(`
  The console, in a browser; it asks for the key:

    ${server.url}/
    key ${server.key}

  Or try, in another terminal:

    export KEY=${server.key}
    curl -s -H "Authorization: Bearer $KEY" ${server.url}/v1/accounts/${accountId}
    curl -s -H "Authorization: Bearer $KEY" "${server.url}/v1/accounts/${accountId}/threads?limit=5"
    curl -s -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
      -d '{"to":"${phone.contacts[0]?.phoneNumber ?? ''}","text":"Hello from Backscroll"}' ${server.url}/v1/accounts/${accountId}/messages

  Contacts go on writing every few seconds. Ctrl-C ends everything and removes the folder.
`)
}
