// Builds an image's file tree by the scripts that the Dockerfile runs, and starts it as the image does: as a user that is not root, on a
// root that cannot be written, with a folder for its data. Needs root, Linux with unshare and setpriv, and a registry for npm.
//   npm run check:deploy
import './needs-node.cjs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const USER = 1000

const fail = message => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

const run = (command, args, options = {}) => {
  const { error, status } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error !== undefined || status !== 0) fail(`${command} ${args.join(' ')} failed`)
}

/** What Docker is handed, and no more: what .dockerignore leaves out is not there when an image is built. */
const context = target => {
  const allowed = [...readFileSync(join(ROOT, '.dockerignore'), 'utf8').matchAll(/^!(.+)$/gm)]
  for (const [, path] of allowed)
    cpSync(join(ROOT, path), join(target, path), {
      recursive: true,
      filter: file => basename(file) !== 'node_modules'
    })
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'))
}

if (process.getuid?.() !== 0) fail('Needs root: a mount namespace is made whose root cannot be written')

const folder = mkdtempSync(join(tmpdir(), 'backscroll-image-'))
chmodSync(folder, 0o755)
const source = join(folder, 'source')
const tree = join(folder, 'app')
const data = join(folder, 'data')
mkdirSync(data, { mode: 0o700 })
chownSync(data, USER, USER)
try {
  context(source)
  for (const script of ['bundle.sh', 'packages.sh'])
    run('sh', [join(source, 'deploy/image', script), source, tree])
  const port = await freePort()
  const environment = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: data
  }
  // In a mount namespace of its own: everything read-only but the folder of the data.
  const inside = `set -e
    mount --make-rprivate /
    mount --bind ${data} ${data}
    mount -o remount,bind,ro /
    for at in /tmp ${folder}; do mountpoint -q $at && mount -o remount,bind,ro $at || true; done
    if touch ${tree}/written 2>/dev/null; then echo "The tree can be written" >&2; exit 9; fi
    cd ${tree}
    exec setpriv --reuid ${USER} --regid ${USER} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \\
      ${process.execPath} build/main.js`
  const server = spawn('unshare', ['--mount', 'sh', '-c', inside], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', chunk => (output += chunk))
  const ended = once(server, 'exit')
  const health = () =>
    spawnSync(process.execPath, [join(tree, 'healthcheck.mjs')], { env: environment, encoding: 'utf8' })
  const deadline = Date.now() + 60_000
  while (health().status !== 0) {
    if (server.exitCode !== null || Date.now() > deadline) fail(`It does not answer:\n${output}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  const [process_] = spawnSync('pgrep', ['-f', `${process.execPath} build/main.js`], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .filter(pid => pid !== '' && statSync(`/proc/${pid}`).uid === USER)
  if (process_ === undefined) fail(`It does not run as the user ${USER}`)
  const page = await fetch(`http://127.0.0.1:${port}/docs`)
  if (page.status !== 200) fail(`/docs answers ${page.status}`)
  server.kill('SIGTERM')
  const [status] = await ended
  if (status !== 0) fail(`SIGTERM ended it with ${status}:\n${output}`)
  if (health().status === 0) fail('The check of its health succeeds without a server')
  const files = readdirSync(data)
  if (!files.includes('backscroll.db')) fail(`No database in its folder: ${files.join(', ')}`)
  const size = spawnSync('du', ['-sm', tree], { encoding: 'utf8' }).stdout.split('\t')[0]
  process.stdout.write(
    `The image's tree (${size} MiB) starts, answers and stops as user ${USER} on a read-only root\n`
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
