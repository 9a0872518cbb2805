// Prints what the bundle saves: processor time from the start to listening, from the sources and from build/, in turns.
//   npm run build && node scripts/measure-start.mjs
import './needs-node.cjs'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TURNS = 5
/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

const startOnce = async entry => {
  const folder = mkdtempSync(join(tmpdir(), 'backscroll-start-'))
  const server = spawn(process.execPath, [join(ROOT, entry)], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: '0',
      API_KEY: 'a-key-for-measuring',
      DATA_DIR: folder
    },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  for await (const [text] of on(server.stdout, 'data')) if (String(text).includes('"url"')) break
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(' ')
  server.kill('SIGTERM')
  await once(server, 'exit')
  rmSync(folder, { recursive: true, force: true })
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const [sources, bundle] = [[], []]
for (let turn = 0; turn <= TURNS; turn += 1) {
  const times = [await startOnce('src/main.ts'), await startOnce('build/main.js')]
  // The first turn fills the compile cache.
  if (turn === 0) continue
  sources.push(times[0])
  bundle.push(times[1])
}
const result = { sourcesMs: median(sources), bundleMs: median(bundle) }
process.stdout.write(
  `${JSON.stringify({ ...result, ratio: Number((result.bundleMs / result.sourcesMs).toFixed(2)) })}\n`
)
