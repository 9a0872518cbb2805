// CPU profiles of the server that is measured, and what they say in short: which part of its processor time goes where.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Schema } from 'effect'

/** The settings with which a server leaves a profile in a folder when it stops; none without a folder. */
export const profiling = (folder: string | undefined): Readonly<Record<string, string>> =>
  folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` }

/** What V8 writes, as far as it is read here. Times are microseconds. */
const Profile = Schema.Struct({
  nodes: Schema.Array(
    Schema.Struct({
      id: Schema.Finite,
      callFrame: Schema.Struct({ functionName: Schema.String, url: Schema.String }),
      children: Schema.optionalKey(Schema.Array(Schema.Finite))
    })
  ),
  samples: Schema.Array(Schema.Finite),
  timeDeltas: Schema.Array(Schema.Finite)
})
type Node = (typeof Profile.Type)['nodes'][number]

const decodeProfile = Schema.decodeUnknownSync(Profile)

/** Parts by file: the first that fits counts. Time in files that fit none, such as Node's own, counts for the part that called them. */
const PARTS: ReadonlyArray<readonly [part: string, file: RegExp]> = [
  ['database', /\/src\/services\/database\//],
  ['our code', /\/src\//],
  ['Effect', /\/node_modules\/(@effect|effect)\//],
  ['Baileys and Signal', /\/node_modules\/(@whiskeysockets|libsignal|ws|protobufjs|whatsapp-rust-bridge)/],
  ['XState', /\/node_modules\/xstate\//],
  ['HTTP and streams of Node', /^node:(_http|net|internal\/(streams|stream_base|http))/],
  ['cryptography', /^node:(crypto|internal\/crypto)/],
  ['other libraries', /\/node_modules\//]
]

/** A thread of Piscina's stands still in this function until it has work. */
const WAITS = 'atomicsWaitLoop'

const partOf = ({ callFrame: { functionName, url } }: Node): string | undefined => {
  if (functionName === '(idle)' || functionName === WAITS) return 'idle'
  if (functionName === '(garbage collector)') return 'garbage collector'
  return PARTS.find(([, file]) => file.test(url))?.[0]
}

/** The part of each node: its own, or that of whoever called it. */
const partsOfNodes = (nodes: ReadonlyArray<Node>): ReadonlyMap<number, string> => {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parts = new Map<number, string>()
  const waiting: Array<readonly [Node, string]> = nodes.slice(0, 1).map(root => [root, 'Node itself'])
  for (const [node, callers] of waiting) {
    const part = partOf(node) ?? callers
    parts.set(node.id, part)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child !== undefined) waiting.push([child, part])
    }
  }
  return parts
}

/** The files that threads of the server run; the main thread runs none of them. */
const THREADS = [
  'threads/storing-thread',
  'chunk/reading-thread',
  'sqlite/checkpoint-thread',
  'preparation/thread'
]

const threadOf = (nodes: ReadonlyArray<Node>): string =>
  THREADS.find(name => nodes.some(({ callFrame: { url } }) => url.includes(`/${name}.`))) ?? 'main thread'

/** Of one thread: the seconds that it was busy, and of each part its share of them. */
interface ThreadShares {
  readonly seconds: number
  readonly shares: Readonly<Record<string, number>>
}

const sharesIn = ({ nodes, samples, timeDeltas }: typeof Profile.Type): ThreadShares => {
  const parts = partsOfNodes(nodes)
  const spent = new Map<string, number>()
  for (const [place, id] of samples.entries()) {
    const part = parts.get(id) ?? 'Node itself'
    if (part !== 'idle') spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[place] ?? 0))
  }
  const total = [...spent.values()].reduce((sum, one) => sum + one, 0)
  const shares = [...spent].toSorted((one, other) => other[1] - one[1])
  return {
    seconds: Number((total / 1_000_000).toFixed(2)),
    shares: Object.fromEntries(shares.map(([part, one]) => [part, Number((one / total).toFixed(3))]))
  }
}

/** Where the processor time of each thread went, by the longest profile of it in the folder. */
export const processorShares = (folder: string): Readonly<Record<string, ThreadShares>> => {
  const threads: Record<string, ThreadShares> = {}
  for (const name of globSync('*.cpuprofile', { cwd: folder })) {
    const profile = decodeProfile(JSON.parse(readFileSync(join(folder, name), 'utf8')))
    const thread = threadOf(profile.nodes)
    const found = sharesIn(profile)
    if (found.seconds > (threads[thread]?.seconds ?? 0)) threads[thread] = found
  }
  return threads
}
