// Makes a fresh clone runnable: dependencies as locked, and Node 24 where the system's Node is older.
// Runs before every npm script of this project on whatever Node the machine has (20 or newer), so it
// must stay plain JavaScript without dependencies. When all is in place it costs a few milliseconds.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WANTED_MAJOR = 24
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stampFile = join(root, 'node_modules', '.backscroll-setup')
const linkedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')

const fail = message => {
  process.stderr.write(`\nbackscroll set-up: ${message}\n`)
  process.exit(1)
}

const npm = (args, cwd, what) => {
  process.stderr.write(`backscroll set-up: ${what} …\n`)
  // npm's "unsupported engine" warnings are about the Node that this script is there to replace.
  const run = spawnSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', process.stderr, 'inherit'],
    shell: process.platform === 'win32'
  })
  if (run.error) fail(`npm could not be started: ${run.error.message}`)
  if (run.status !== 0)
    fail(
      `"npm ${args.join(' ')}" failed in ${cwd}; its message is above. Run the command again once it is solved.`
    )
}

const majorOf = binary => {
  const run = spawnSync(binary, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })
  return run.status === 0 ? Number(run.stdout.trim()) : 0
}

const stamp = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(readFileSync(join(root, 'tools/node/package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex')

const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
if (!installed) {
  if (Number(process.versions.node.split('.')[0]) < 20)
    fail(`Node ${process.versions.node} is too old to start from; install Node 20 or newer.`)
  // npm empties the folder that a link points to, which others may be using.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    fail(
      'node_modules is a link, and what it points to is not what package-lock.json names; remove the link.'
    )
  // Never --omit=optional: TypeScript's native compiler is an optional dependency.
  npm(['ci', '--include=optional', '--include=dev'], root, 'installing dependencies')
}

// `npm run` puts node_modules/.bin first in PATH, so a linked node is the one all scripts find.
const systemIsNewEnough =
  !process.execPath.startsWith(root) && Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR
if (!systemIsNewEnough && (!existsSync(linkedNode) || majorOf(linkedNode) < WANTED_MAJOR)) {
  const toolDir = join(root, 'tools', 'node')
  npm(
    ['ci', '--ignore-scripts=false'],
    toolDir,
    `bringing Node ${WANTED_MAJOR} (the system has ${process.versions.node})`
  )
  const brought = join(toolDir, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const major = existsSync(brought) ? majorOf(brought) : 0
  if (major < WANTED_MAJOR)
    fail(
      `Node ${WANTED_MAJOR} could not be brought (found ${major || 'none'}). Install Node ${WANTED_MAJOR} yourself and run the command again.`
    )
  mkdirSync(dirname(linkedNode), { recursive: true })
  rmSync(linkedNode, { force: true })
  symlinkSync(brought, linkedNode)
}
if (!installed) writeFileSync(stampFile, stamp)
