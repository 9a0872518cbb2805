// How much a hostile contact delays what somebody else writes: a flood of each kind of thing that a contact can make WhatsApp deliver,
// against the same messages when nobody floods.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { wholeOption } from '../harness/options.ts'
import { residentMiB } from '../harness/process-memory.ts'
import { linkAccount } from '../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../harness/server-process.ts'
import { HOSTILE_ACTS, type HostileKind } from '../test/attack/hostile-traffic.ts'
import { Child } from './child.ts'
import type { FloodReport, WrittenMessage } from './flood-scenario.ts'
import type { FloodsQuestions } from './floods-process.ts'
import { percentile } from './percentile.ts'

export const FLOODS_USAGE = `floods    how much a hostile contact delays somebody else's messages
    --count N           how many of each kind (1000)
    --kinds A,B         only these kinds
    --json              nothing but the result`

/** Messages without a flood, before and after all floods. */
const UNDISTURBED = 25

/** Of these a flood is not measured: what the group and the contact are is unknown afterwards. */
const LEFT_OUT: ReadonlyArray<string> = ['malformedStanzas']

const isKind = (name: string): name is HostileKind => Object.hasOwn(HOSTILE_ACTS, name)

const kindsOf = (text: string | undefined): ReadonlyArray<HostileKind> => {
  const names = text?.split(',') ?? Object.keys(HOSTILE_ACTS).filter(name => !LEFT_OUT.includes(name))
  return names.map(name => {
    if (isKind(name)) return name
    throw new RangeError(`There is no kind ${name}: ${Object.keys(HOSTILE_ACTS).join(', ')}`)
  })
}

interface Flood extends FloodReport {
  readonly kind: HostileKind
}

const flooded = async (
  options: { readonly count: number; readonly kinds: ReadonlyArray<HostileKind> },
  say: (text: string) => void
) => {
  const folder = temporaryFolder()
  const whatsapp = new Child<FloodsQuestions>('floods-process.ts')
  let server: ServerProcess | undefined
  try {
    const settings = await whatsapp.ask('settings', null)
    server = await ServerProcess.start({ dataDir: folder.path, settings })
    const accountId = await linkAccount(server.api, 'Bench', qr => whatsapp.ask('scan', qr))
    await server.api.untilAccount(
      accountId,
      'history',
      ({ counts, state }) => state === 'open' && counts.messages >= 4
    )
    const before = residentMiB(server.pid)
    // The first messages are slower: code has to be compiled.
    await whatsapp.ask('undisturbed', UNDISTURBED)
    const quiet = [...(await whatsapp.ask('undisturbed', UNDISTURBED))]
    const floods: Array<Flood> = []
    for (const kind of options.kinds) {
      say(`${options.count} × ${kind} …`)
      floods.push({ kind, ...(await whatsapp.ask('flood', { kind, count: options.count })) })
    }
    quiet.push(...(await whatsapp.ask('undisturbed', UNDISTURBED)))
    const incidents = (await server.api.incidents(accountId)).map(({ count, kind }) => `${kind} × ${count}`)
    const after = residentMiB(server.pid)
    await server.stop()
    return { quiet, floods, incidents, storedAt: storedAt(join(folder.path, 'backscroll.db')), before, after }
  } finally {
    await server?.kill()
    await whatsapp.stop()
    folder.remove()
  }
}

/** When each message could be read by applications, by its WhatsApp id. */
const storedAt = (file: string): ReadonlyMap<string, number> => {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database
    .prepare(
      `SELECT m.whatsapp_id AS id, MIN(e.at) AS at FROM events e JOIN messages m
        ON m.thread_id = e.thread_id AND m.message_id = e.message_id WHERE e.kind = 'message.stored' GROUP BY 1`
    )
    .all()
  database.close()
  return new Map(rows.map(({ at, id }) => [String(id), Number(at)]))
}

const tableOf = (rows: ReadonlyArray<Readonly<Record<string, string | number>>>): string => {
  const lines = rows.map(row => `| ${Object.values(row).join(' | ')} |`)
  const names = Object.keys(rows[0] ?? {})
  return [`| ${names.join(' | ')} |`, `|${names.map(() => '---|').join('')}`, ...lines].join('\n')
}

export const floods = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '1000' },
      kinds: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  const count = wholeOption('count', values.count, 100_000)
  const measured = await flooded({ count, kinds: kindsOf(values.kinds) }, say)
  const delay = ({ id, writtenAt }: WrittenMessage): number =>
    Math.max(0, (measured.storedAt.get(id) ?? Infinity) - writtenAt)
  const delays = (messages: ReadonlyArray<WrittenMessage>) => messages.map(delay).toSorted((a, b) => a - b)
  const quiet = delays(measured.quiet)
  const usual = Math.max(1, percentile(quiet, 0.5) ?? 0)
  const ratio = (ms: number): number => Number((ms / usual).toFixed(1))
  const results = measured.floods.map(({ behind, kind, meanwhile, milliseconds }) => {
    const sorted = delays(meanwhile)
    const median = percentile(sorted, 0.5) ?? 0
    const behindMs = delay(behind)
    return {
      kind,
      medianMs: median,
      ratio: ratio(median),
      worstMs: sorted.at(-1) ?? 0,
      worstRatio: ratio(sorted.at(-1) ?? 0),
      behindMs,
      behindRatio: ratio(behindMs),
      allHandledMs: milliseconds
    }
  })
  say(tableOf(results))
  return {
    bench: 'floods',
    count,
    undisturbed: { of: quiet.length, medianMs: usual, worstMs: quiet.at(-1) ?? 0 },
    floods: results,
    incidents: measured.incidents,
    memoryMiB: { before: Math.round(measured.before), after: Math.round(measured.after) }
  }
}
