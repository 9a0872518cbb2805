// Makes a fresh clone runnable: dependencies as locked, and Node 24 where the system's Node is older.
//   node scripts/setup.mjs                 what development needs
//   node scripts/setup.mjs --production    what the server and its commands need; a complete installation is left as it is
//   node scripts/setup.mjs --node          Node 24 only
// Runs before every npm script of this project on whatever Node the machine has (20 or newer), so it
// must stay plain JavaScript without dependencies. When all is in place it costs a few milliseconds.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isConsoleStale } from './console-stamp.mjs'
import { missingPackages } from './installed.mjs'

const WANTED_MAJOR = 24
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stampFile = join(root, 'node_modules', '.backscroll-setup')
const linkedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')
const forProduction = process.argv.includes('--production')
const isOnlyForNode = process.argv.includes('--node')

/** Set for npm, which runs this script for Node once it has installed (`prepare`): here that is done already. */
const WITHIN_SETUP = 'BACKSCROLL_WITHIN_SETUP'
if (isOnlyForNode && process.env[WITHIN_SETUP] !== undefined) process.exit(0)

const fail = message => {
  process.stderr.write(`\nbackscroll set-up: ${message}\n`)
  process.exit(1)
}

const npm = async (args, cwd, what) => {
  process.stderr.write(`backscroll set-up: ${what} …\n`)
  // npm's "unsupported engine" warnings are about the Node that this script is there to replace.
  const child = spawn('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', process.stderr, 'inherit'],
    env: { ...process.env, [WITHIN_SETUP]: 'true' },
    shell: process.platform === 'win32'
  })
  // Whoever stops this script stops what it started.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal))
  process.on('exit', () => child.kill())
  child.once('error', error => fail(`npm could not be started: ${error.message}`))
  const [status, signal] = await once(child, 'close')
  if (signal !== null) fail(`"npm ${args.join(' ')}" was stopped by ${signal}.`)
  if (status !== 0)
    fail(
      `"npm ${args.join(' ')}" failed in ${cwd}; its message is above. Run the command again once it is solved.`
    )
}

const majorOf = binary => {
  const run = spawnSync(binary, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })
  return run.status === 0 ? Number(run.stdout.trim()) : 0
}

// `npm run` puts node_modules/.bin first in PATH, so a linked node is the one all scripts find.
const systemIsNewEnough =
  !process.execPath.startsWith(root) && Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR
const lacksNode = () => !systemIsNewEnough && (!existsSync(linkedNode) || majorOf(linkedNode) < WANTED_MAJOR)

const toolDir = join(root, 'tools', 'node')
const broughtNode = join(toolDir, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')
const isNodeThere = () => existsSync(broughtNode) && majorOf(broughtNode) >= WANTED_MAJOR

const downloadNode = async () => {
  if (isNodeThere()) return
  await npm(
    ['ci', '--ignore-scripts=false'],
    toolDir,
    `bringing Node ${WANTED_MAJOR} (the system has ${process.versions.node})`
  )
}

const bringNode = async () => {
  await downloadNode()
  if (!isNodeThere())
    fail(
      `Node ${WANTED_MAJOR} could not be brought. Install Node ${WANTED_MAJOR} yourself and run the command again.`
    )
  mkdirSync(dirname(linkedNode), { recursive: true })
  rmSync(linkedNode, { force: true })
  symlinkSync(broughtNode, linkedNode)
}

const hash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(readFileSync(join(root, 'tools/node/package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex')
/** What this script has installed before: `hash` with everything, or followed by a word with what the server needs. */
const stamps = { everything: hash, production: `${hash} production` }
const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined

const install = async (args, what, newStamp) => {
  if (Number(process.versions.node.split('.')[0]) < 20)
    fail(
      `Node ${process.versions.node} is too old to start from; install Node ${WANTED_MAJOR} (or 20 and newer, which bring it).`
    )
  // npm empties the folder that a link points to, which others may be using.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    fail(
      'node_modules is a link, and what it points to is not what package-lock.json names; remove the link.'
    )
  await Promise.all([
    npm(['ci', '--include=optional', ...args], root, what),
    systemIsNewEnough ? undefined : downloadNode()
  ])
  if (lacksNode()) await bringNode()
  // Last: what was not completed is done again.
  writeFileSync(stampFile, newStamp)
}

const MOST_NAMED = 5

/**
 * Whether a person or an image has installed what the server needs: a start changes nothing of that, and says what is missing.
 * `false` where nobody has, or this script did it for another version.
 */
const isInstalledByOthers = () => {
  const missing = missingPackages(root)
  if (missing?.length === 0) return true
  if (stamp !== undefined || (missing === undefined && process.env['NODE_ENV'] !== 'production')) return false
  const names = missing === undefined ? 'all packages' : missing.slice(0, MOST_NAMED).join(', ')
  const more = (missing?.length ?? 0) > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : ''
  return fail(`node_modules lacks ${names}${more}, as package-lock.json names them. Run: npm ci --omit=dev`)
}

const installForProduction = async () => {
  if (stamp === stamps.production) return
  if (!isInstalledByOthers())
    await install(['--omit=dev'], 'installing what the server needs', stamps.production)
  else if (lacksNode())
    fail(
      `the server needs Node ${WANTED_MAJOR}, found ${process.versions.node}. Install Node ${WANTED_MAJOR}, or have it brought into the project: npm run setup -- --node`
    )
}

if (!isOnlyForNode && stamp !== stamps.everything)
  // Never --omit=optional: TypeScript's native compiler is an optional dependency.
  await (forProduction
    ? installForProduction()
    : install(['--include=dev'], 'installing dependencies', stamps.everything))
if (lacksNode()) await bringNode()

// Once, and after its sources changed. Without it the server runs all the same.
if (!isOnlyForNode && isConsoleStale(root))
  spawnSync(
    systemIsNewEnough ? process.execPath : linkedNode,
    [join(root, 'scripts', 'console.mjs'), '--if-stale'],
    { stdio: ['ignore', process.stderr, 'inherit'] }
  )
