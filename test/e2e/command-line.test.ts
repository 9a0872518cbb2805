// The command line against a running server: what a person and a script do with it, one step after the other.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../harness/server-process.ts'
import {
  backscroll,
  backscrollHere,
  backscrollOffline,
  type Ended,
  resultsOf,
  Running,
  RunningHere
} from './backscroll.ts'
import type { ArchiveLine } from '../../src/services/personal-data/archive.ts'
import { FirestoreReader } from '../../harness/firestore.ts'
import { deployedIndexes } from '../firestore/deployed-indexes.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { unzipped } from './zip.ts'
import { once as sharedOnce } from './shared.ts'
import { thorough, thoroughTest } from '../thorough.ts'
import { sharedInProcessStage } from './stage.ts'

const stage = sharedInProcessStage({ WEBHOOK_URL_PRIVATE: 'true', MEDIA_DOWNLOAD: 'on-demand' })

// Before the server starts here, which keeps temporary files in its data folder.
const elsewhere = temporaryFolder()
afterAll(() => elsewhere.remove())

const environment = () => ({
  BACKSCROLL_URL: stage().server.url,
  BACKSCROLL_API_KEY: stage().server.key,
  TZ: 'UTC'
})

const run = (...args: ReadonlyArray<string>): Promise<Ended> => backscrollHere(args, environment())

interface Step {
  readonly step: string
  readonly qr?: string
  readonly account?: { readonly accountId: string }
}

/** An account that `pair` has linked, by the QR code that it shows. */
const shop = sharedOnce(async () => {
  const phone = stage().simulator.createPhone({
    name: 'Shop',
    history: { chats: 3, messages: 30, groupsShare: 0, mediaShare: 0 }
  })
  const pairing = new RunningHere(['pair', '--new', 'Shop', '--json'], environment())
  const { qr } = await pairing.next<Step>()
  await phone.scanQr(qr!)
  let last = await pairing.next<Step>()
  while (last.step === 'qr') last = await pairing.next<Step>()
  const accountId = last.account!.accountId
  await stage().api.untilAccount(accountId, 'the history', ({ counts }) => counts.messages >= 30)
  return { accountId, phone, last, end: await pairing.ended() }
})

test('pair creates an account, shows a QR code and ends when the phone is linked', async () => {
  const { accountId, end, last } = await shop()
  expect(last).toMatchObject({ step: 'linked', account: { name: 'Shop', state: expect.any(String) } })
  expect([end.code, end.stderr]).toEqual([0, ''])

  const listed = await run('accounts')
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  const [head, row, ...more] = listed.stdout.trimEnd().split('\n')
  expect(more).toEqual([])
  expect(row).toMatch(new RegExp(`^${accountId}  (open|backfilling) .* Shop$`))
  // Below each other, without colours: this is no terminal.
  expect(row!.indexOf('Shop')).toBe(head!.indexOf('NAME'))
  expect(resultsOf(await run('accounts', '--json'))).toMatchObject([{ accountId, name: 'Shop' }])
  expect((await run('accounts', 'show', 'Shop')).stdout).toMatch(/^messages\s+\d+$/m)
})

test('a pairing code and a page for the owner are other ways to link', async () => {
  const phone = stage().simulator.createPhone({ name: 'By code' })
  const pairing = new RunningHere(
    ['pair', '--new', 'By code', '--code', phone.phoneNumber, '--json'],
    environment()
  )
  expect(await pairing.next()).toMatchObject({ step: 'code', code: expect.stringMatching(/^\w{8}$/) })
  pairing.interrupt()
  expect(await pairing.ended()).toMatchObject({ code: 130, stderr: '' })

  const byPage = new RunningHere(['pair', 'By code', '--link', '--json'], environment())
  const link = await byPage.next<{ readonly url: string }>()
  expect(link.url).toContain(`${stage().server.url}/link/`)
  expect((await fetch(link.url)).status).toBe(200)
  byPage.interrupt()
  expect((await byPage.ended()).code).toBe(130)
  const accountId = resultsOf<{ accountId: string; name: string }>(await run('accounts', '--json')).find(
    ({ name }) => name === 'By code'
  )!.accountId
  const unsure = await run('accounts', 'delete', accountId)
  expect([unsure.code, unsure.stdout]).toEqual([2, ''])
  expect(unsure.stderr).toContain('--yes')
  expect(await run('accounts', 'delete', accountId, '--yes')).toMatchObject({ code: 0 })
  expect((await run('accounts')).stdout).not.toContain('By code')
})

test('send, tail, search and export', async () => {
  const { accountId, phone } = await shop()
  const [ann] = phone.contacts
  const tail = new Running(['tail', '--after', '0', '--type', 'message.*', '--json'], environment())

  const sent = await run(
    'send',
    '--to',
    ann!.phoneNumber,
    '--wait',
    'delivered',
    '--json',
    'A *crimson* kettle'
  )
  const [{ messageId, threadId }] = resultsOf<{ messageId: string; threadId: string }>(sent) as [
    { messageId: string; threadId: string }
  ]
  expect(sent).toMatchObject({ code: 0, stdout: expect.stringMatching(/"messageStatus":"(delivered|read)"/) })
  let event = await tail.next<{ type: string; data: { messageId: string } }>()
  while (event.data.messageId !== messageId) event = await tail.next()
  expect(event.type).toMatch(/^message\./)
  tail.signal('SIGINT')
  expect(await tail.ended()).toMatchObject({ code: 130, stderr: '' })

  const file = join(stage().dataDir, 'list.txt')
  writeFileSync(file, 'eggs')
  const withFile = await run(
    'send',
    '--thread',
    threadId,
    '--file',
    file,
    '--type',
    'document',
    'what to buy'
  )
  expect(withFile).toMatchObject({ code: 0, stdout: expect.stringMatching(/^status\s+\w+$/m) })
  const piped = await backscrollHere(['send', '--thread', threadId, '-'], environment(), {
    input: 'from a pipe\n'
  })
  expect(piped.code).toBe(0)

  await phone.receive({ from: ann!, text: 'the crimson one \u001B[2Jis sold' })
  await stage().api.until('the answer', async () =>
    (await stage().api.messages(threadId)).some(({ body }) => body?.includes('is sold') === true)
  )
  // What is being received is found a moment later.
  const found = await stage().api.until('both to be found', async () => {
    const ended = await run('search', 'crimson')
    return ended.stdout.includes('is sold') ? ended : undefined
  })
  expect(found.stdout).toContain('    A *crimson* kettle\n')
  // What others write does not move the cursor.
  expect(found.stdout).toMatch(/ {4}the crimson one +\[2Jis sold\n/)
  expect(resultsOf(await run('search', 'crimson', '--sender', 'me', '--json'))).toMatchObject([
    { message: { messageId } }
  ])
  expect(await run('search', 'nobody-wrote-this')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Nothing was found.\n'
  })

  const target = join(stage().dataDir, 'shop.jsonl')
  expect(await run('export', '--account', accountId, target)).toMatchObject({ code: 0, stdout: '' })
  expect(statSync(target).mode & 0o777).toBe(0o600)
  expect((await run('export', '--account', 'Shop')).stdout).toBe(readFileSync(target, 'utf8'))
  expect((await run('export', '--thread', threadId)).stdout).toContain('from a pipe')
  expect((await run('export', target)).code).toBe(2)
})

test('a key that was created is used from its file, and may do what its role allows', async () => {
  await shop()
  const file = join(stage().dataDir, 'viewer.key')
  const created = await run(
    'keys',
    'create',
    'Viewer',
    '--role',
    'viewer',
    '--account',
    'Shop',
    '--save',
    file
  )
  expect(created).toMatchObject({ code: 0, stderr: '' })
  expect(created.stdout).not.toContain('bsk_')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // A key that cannot be kept is not issued.
  expect(
    await run('keys', 'create', 'Another', '--role', 'viewer', '--all-accounts', '--save', file)
  ).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file} cannot be made: there is a file`) })
  expect(resultsOf(await run('keys', '--json'))).toHaveLength(1)
  const asViewer = (...args: ReadonlyArray<string>) =>
    backscrollHere([...args, '--key-file', file], { BACKSCROLL_URL: stage().server.url })
  expect((await asViewer('accounts')).stdout).toContain('Shop')
  expect(await asViewer('keys')).toMatchObject({ code: 4, stderr: expect.stringMatching(/may not do that/) })
  chmodSync(file, 0o640)
  expect(await asViewer('accounts')).toMatchObject({ code: 2, stderr: expect.stringMatching(/chmod 600/) })
  chmodSync(file, 0o600)

  const [{ keyId }] = resultsOf<{ keyId: string }>(await run('keys', '--json')) as [{ keyId: string }]
  const rotated = await run('keys', 'rotate', keyId, '--overlap', '0', '--json')
  expect(rotated.stdout).toContain(`"key":"bsk_${keyId}_`)
  expect(await asViewer('accounts')).toMatchObject({ code: 4 })
  expect(await run('keys', 'delete', keyId)).toMatchObject({ code: 0 })
  expect((await run('keys')).stderr).toMatch(/^There are no keys/)
})

test('a webhook is created, tested, paused and deleted', async () => {
  const receiver = createServer((_, response) => response.writeHead(204).end()).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  const created = await run('webhooks', 'create', url, '--type', 'message.stored', '--json')
  const [{ secret, webhook }] = resultsOf<{ secret: string; webhook: { webhookId: string } }>(created) as [
    { secret: string; webhook: { webhookId: string } }
  ]
  expect(secret).toMatch(/^whsec_/)
  expect(created.stderr).toContain('shown this once')
  expect(await run('webhooks', 'test', webhook.webhookId)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Taken: status 204/)
  })
  receiver.close()
  expect((await run('webhooks', 'pause', webhook.webhookId)).stdout).toMatch(/^state\s+paused$/m)
  expect((await run('webhooks')).stdout).toContain(url)
  expect(await run('webhooks', 'test', webhook.webhookId)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/was not taken: /)
  })
  expect((await run('webhooks', 'deliveries', webhook.webhookId)).code).toBe(0)
  expect(await run('webhooks', 'delete', webhook.webhookId)).toMatchObject({ code: 0 })
})

test('doctor says that all is well, and what to do where it is not', async () => {
  const { HOST: _, ...settings } = { HOST: '', ...stage().settings }
  const { port } = new URL(stage().server.url)
  const here = { ...settings, PORT: port, DATA_DIR: stage().dataDir }
  const well = await backscrollOffline(['doctor', '--json'], here)
  const findings = resultsOf<{ check: string; status: string; found: string }>(well)
  expect(findings.filter(({ status }) => status === 'failed')).toEqual([])
  expect(well.code).toBe(0)
  const byCheck = new Map(findings.map(({ check, found }) => [check, found]))
  expect(byCheck.get('port')).toMatch(/a server runs on .* and is ready/)
  expect(byCheck.get('database')).toMatch(/read through without damage/)
  expect(byCheck.get('vault key')).toBe('opens the database')
  expect(byCheck.get('whatsapp')).toMatch(/answers/)
  expect(byCheck.get('whatsapp version')).toMatch(/^2\.3000\.\d+ is live/)

  const file = join(stage().dataDir, 'a-file')
  writeFileSync(file, '')
  const other = createServer((_request, response) => response.writeHead(404).end('{}')).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const otherPort = String((other.address() as AddressInfo).port)
  const ill = await backscrollOffline(['doctor'], {
    ...settings,
    DATA_DIR: file,
    PORT: otherPort,
    WHATSAPP_URL: 'ws://127.0.0.1:9/ws/chat'
  })
  const asked = await backscrollHere(['accounts'], {
    ...environment(),
    BACKSCROLL_URL: `http://127.0.0.1:${otherPort}`
  })
  other.removeAllListeners('request')
  other.on('request', (_request, response) => response.end('{"accounts":null}'))
  const wrong = { ...environment(), BACKSCROLL_URL: `http://127.0.0.1:${otherPort}` }
  const answered = await backscrollHere(['accounts'], wrong)
  other.close()
  expect(asked).toMatchObject({ code: 3, stderr: expect.stringMatching(/is no Backscroll server \(404 /) })
  const something = /is no Backscroll server \(it answers with something else\)/
  expect(answered).toMatchObject({ code: 3, stderr: expect.stringMatching(something) })
  expect(await backscrollHere(['tail'], wrong)).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/No server answers at .* \(ECONNREFUSED\)\. Start it with/)
  })
  expect(ill.code).toBe(1)
  expect(ill.stdout).toMatch(/✗ port .*another program listens.*\n\s+Stop it, or choose another PORT/)
  expect(ill.stdout).toMatch(/✗ whatsapp .*cannot be reached \(ECONNREFUSED\)\n\s+Let this machine reach it/)
  expect(ill.stdout).toMatch(/✗ data folder .*is a file/)
  expect(ill.stderr).toMatch(/^The server cannot run like this: /)
  expect(await backscrollOffline(['doctor'], { PORT: 'eighty' })).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/✗ settings .*PORT is not usable/)
  })
})

thoroughTest('doctor reads Firestore, and tells a clock that is wrong', async () => {
  const firestore = await LocalFirestore.start({ indexes: deployedIndexes })
  const late = createServer((_request, response) =>
    response.writeHead(404, { date: new Date(Date.now() - 120_000).toUTCString() }).end()
  ).listen(0, '127.0.0.1')
  await once(late, 'listening')
  const settings = {
    ...stage().settings,
    ...FirestoreReader.settings(firestore.host),
    DATA_DIR: join(elsewhere.path, 'not-yet'),
    PORT: '0',
    WHATSAPP_URL: `ws://127.0.0.1:${(late.address() as AddressInfo).port}/ws/chat`
  }
  const { code, stdout } = await backscrollOffline(['doctor'], settings)
  late.close()
  await firestore.stop()
  expect(code).toBe(0)
  expect(stdout).toMatch(/✓ firestore +\S+, database \(default\) can be read/)
  expect(stdout).toMatch(/! clock +(119|120|121) seconds ahead of WhatsApp's\n\s+Set the clock/)
})

test('retention is shown, and a dry run tells what would go', async () => {
  const { accountId } = await shop()
  const shown = await run('retention')
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/^messages +for good +0 +- +MESSAGES_KEEP$/m)
  expect(shown.stdout).toMatch(/^events +7d .*EVENTS_KEEP$/m)
  const counted = resultsOf<{ rule: string; wouldRemove: number }>(
    await run('retention', 'dry-run', '--messages', '1h', '--json')
  )
  const messages = counted.find(({ rule }) => rule === 'messages')!
  expect(messages).toMatchObject({ keep: 3_600_000, accounts: [{ accountId }] })
  expect(messages.wouldRemove).toBeGreaterThanOrEqual(25)
  expect(await run('retention', 'dry-run', '--messages', 'soon')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/messages: Expected 12h, 365d/)
  })
})

test('a person is taken along with the files, then erased by whoever types who it is', async () => {
  const { accountId, phone } = await shop()
  const person = phone.contacts[1]!
  const bytes = randomBytes(2000)
  const message = stage().simulator.fileMessage({ kind: 'image', mimetype: 'image/png', bytes })
  const { id } = await phone.receive({ from: person, message })
  const stored = await stage().api.until('the picture', async () => {
    const lines = await stage().api.exportedPerson(accountId, person.jid)
    return lines.find(line => line.kind === 'message' && line.message.whatsAppId === id)
  })
  // It is fetched for who asks.
  await stage().api.media((stored as { message: { messageKey: string } }).message.messageKey)
  const file = join(elsewhere.path, 'person.zip')
  const taken = await run('person', 'export', person.phoneNumber, file)
  expect(taken).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(file) })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await run('person', 'export', person.phoneNumber, file)).toMatchObject({ code: 2, stdout: '' })
  const entries = await unzipped(file)
  const lines = entries
    .get('person.jsonl')!
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as ArchiveLine)
  const withFile = lines.find(line => line.kind === 'message' && line.message.whatsAppId === id)
  expect(withFile).toMatchObject({
    files: [{ variant: '', path: expect.stringMatching(/^files\/.*\.png$/) }]
  })
  expect(entries.get((withFile as { files: ReadonlyArray<{ path: string }> }).files[0]!.path)).toEqual(bytes)
  expect(lines.at(-1)).toMatchObject({ kind: 'end', files: 1, filesNotStored: 0 })
  expect((await run('person', 'export', person.phoneNumber, '--lines')).stdout).toContain('{"kind":"end"')
  const nobody = join(elsewhere.path, 'nobody.zip')
  expect(await run('person', 'export', 'nobody', nobody)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('person: Expected a phone number')
  })
  expect(await run('person', 'export', '+15550009999', nobody)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has nothing about this person.*\(person-unknown\)$/m)
  })
  // What was not written whole is not there, and can be tried again.
  expect(existsSync(nobody)).toBe(false)

  const unsure = await run('person', 'erase', person.phoneNumber)
  expect([unsure.code, unsure.stdout]).toEqual([2, ''])
  expect(unsure.stderr).toContain(`--confirm ${person.phoneNumber}`)
  const typed = (input: string) =>
    backscrollHere(['person', 'erase', person.phoneNumber], environment(), { input, isTerminal: true })
  expect(await typed('+1\n')).toMatchObject({ code: 2, stdout: '' })
  expect(resultsOf(await run('person', 'erasures', '--json'))).toEqual([])
  const erased = await typed(`${person.phoneNumber}\n`)
  expect(erased).toMatchObject({ code: 0, stderr: expect.stringContaining('cannot be taken back') })
  expect(erased.stdout).toMatch(/^status +done$/m)
  expect(erased.stdout).toMatch(/^files +1$/m)
  expect(erased.stdout).toMatch(/^What remains, and why\n(- .*\n)*- Hashes of the addresses/m)
  const [{ erasureId }] = resultsOf<{ erasureId: string }>(await run('person', 'erasures', '--json')) as [
    { erasureId: string }
  ]
  expect((await run('person', 'erasure', erasureId)).stdout).toBe(erased.stdout)
  expect(await run('person', 'erasure', 'none')).toMatchObject({ code: 1, stdout: '' })
  expect(await run('person', 'erase', '+15550009999', '--confirm', '+15550009999')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Nothing about \+15550009999 was found in Shop: check the number/m)
  })
})

test('a backup of the running server is restored into another folder', async () => {
  await shop()
  const [copy, key, target] = ['copy', 'vault.key', 'restored'].map(name => join(elsewhere.path, name)) as [
    string,
    string,
    string
  ]
  const made = await backscrollOffline(['backup', '--key', key, copy], { DATA_DIR: stage().dataDir })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toMatch(/^messages\s+\d\d+$/m)
  expect(await backscrollOffline(['restore', '--data-dir', target, '--key', key, copy])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(target)
  })
  // The same key file serves every backup; another key is noticed before it is used.
  const again = await backscrollOffline(['backup', '--key', key, `${copy}-2`], { DATA_DIR: stage().dataDir })
  expect(again).toMatchObject({ code: 0, stderr: '' })
  const other = join(elsewhere.path, 'other.key')
  writeFileSync(other, randomBytes(32).toString('base64'))
  expect(await backscrollOffline(['restore', '--data-dir', target, '--key', other, copy])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^Nothing was restored: .*does not open.*other\.key is another vault key/)
  })
  expect(readFileSync(join(target, 'vault.key'), 'utf8')).toBe(readFileSync(key, 'utf8'))
})

type Refused = readonly [
  args: ReadonlyArray<string>,
  more: Readonly<Record<string, string>>,
  code: number,
  words: string
]

const REFUSED: ReadonlyArray<Refused> = [
  [['accounts'], { BACKSCROLL_URL: 'http://127.0.0.1:2' }, 3, 'backscroll start'],
  [['accounts'], { BACKSCROLL_API_KEY: 'no-such-key-at-all' }, 4, 'does not know this key'],
  [['accounts'], { BACKSCROLL_API_KEY: '' }, 2, 'Set BACKSCROLL_API_KEY'],
  [['accounts', 'show', 'Nobody'], {}, 1, 'No account has this id or name'],
  [['acounts'], {}, 2, 'did you mean accounts'],
  [['accounts', '--key', 'secret'], {}, 2, 'Unrecognized flag: --key'],
  [['send', 'hello'], {}, 2, '--to'],
  [['send', '--to', 'nonsense', 'hello'], {}, 2, '--to: '],
  [['send', '--to', '+15550100200', '--file', '/nonexistent', 'x'], {}, 2, 'There is no such file or folder'],
  [['send', '--to', '+15550100200', '--type', 'image', 'x'], {}, 2, '--file'],
  [
    ['send', '--to', '+15550100200', '--timeout', 'soon', 'x'],
    {},
    2,
    '--timeout: Expected a time with its unit'
  ],
  [['search', 'x', '--since', 'yesterday'], {}, 2, '--since: '],
  [['search', 'x', '--limit', '0'], {}, 2, '--limit'],
  [['pair', '--new', 'x', '--code', 'mine'], {}, 2, '--code is a phone number'],
  [['keys', 'create', 'x', '--role', 'viewer'], {}, 2, '--all-accounts'],
  [['start', '--port', 'eighty'], {}, 2, '--port'],
  [['backup', '/dev/null/x'], { DATA_DIR: '/nonexistent' }, 1, 'No backup was made']
]
/** What works with a server reads no settings of its own. */
const USES_SERVER = new Set(['accounts', 'acounts', 'send', 'search', 'keys', 'pair'])
/** One for each code. */
const ONE_EACH = [...new Map(REFUSED.map(refused => [refused[2], refused])).values()]

test.each(thorough(ONE_EACH, REFUSED))(
  '%j with %j ends with %i and says what to do',
  async (args, more, code, words) => {
    await shop()
    const ended = await (USES_SERVER.has(args[0] ?? '') ? backscrollHere : backscrollOffline)(args, {
      ...environment(),
      ...more
    })
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toMatch(/^\s+at /m)
  }
)

test('without arguments it tells what there is, in the order in which it is needed', async () => {
  const { code, stderr, stdout } = await backscroll([])
  expect([code, stderr]).toEqual([0, ''])
  const commands = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name)
  expect(commands.slice(0, 5)).toEqual(['start', 'demo', 'doctor', 'pair', 'accounts'])
  expect(commands).toEqual(expect.arrayContaining(['send', 'search', 'tail', 'export', 'completions']))
  const helped = await backscrollHere(['help', 'send'])
  expect(helped).toEqual(await backscrollHere(['send', '--help']))
  expect(helped).toMatchObject({ code: 0, stdout: expect.stringContaining('backscroll send [flags]') })
})

const hasShell = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** What the shell offers after these words. */
const OFFERS: Readonly<Record<string, string>> = {
  bash: `source "$0"; f=$(complete -p backscroll | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    for words in "acc" "keys create --ro"; do
      COMP_WORDS=(backscroll $words); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
      COMP_LINE="backscroll $words"; COMP_POINT=\${#COMP_LINE}; $f backscroll; echo "\${COMPREPLY[@]}"
    done`,
  fish: 'source $argv[1]; complete -C "backscroll acc"; complete -C "backscroll keys create --ro"',
  zsh: 'autoload -Uz compinit; compinit -D; source "$0"; print -l accounts --role $_comps[backscroll]'
}

test.each(thorough(['bash'], ['bash', 'zsh', 'fish']).filter(hasShell))(
  '%s completes commands and flags',
  async shell => {
    const file = join(stage().dataDir, `completions.${shell}`)
    const { stdout } = await backscrollHere(['completions', shell])
    writeFileSync(file, stdout)
    expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    const offered = spawnSync(shell, ['-c', OFFERS[shell]!, file], { encoding: 'utf8' })
    expect(offered.stdout).toMatch(/^accounts\b[^]*^--role\b/m)
  }
)
