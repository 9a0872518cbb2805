// Packs the package, installs it in an empty folder as somebody would, and runs the demo from it, on this Node and on Node 22.
// Prints sizes and results as a line of JSON; ends with 1 when something does not run.
//   npm run check:package
import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const OLDEST_NODE = '22'
const DEMO = ['demo', '--exit', '--chats', '10', '--messages', '1000']

const run = (command, args, cwd, environment = process.env) => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1024 ** 3
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  // What Node has to say about its own state is nothing that somebody who starts this can do anything about.
  if (stderr.includes('ExperimentalWarning'))
    throw new Error(`${command} prints a warning of Node's:\n${stderr}`)
  return stdout
}

const bytesIn = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, { name, parentPath }) => sum + statSync(join(parentPath, name)).size, 0)

const megabytes = bytes => Math.round(bytes / 1e5) / 10

const packagesIn = folder =>
  Object.keys(JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8')).packages)
    .length

/** An empty project that lets the package of Node bring its binary. */
const emptyFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'backscroll-package-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }')
  return folder
}

const npm = (args, cwd) => run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], cwd)

/** What the demo prints last, with `node` first in the path. */
const demoIn = (folder, node) => {
  const environment = { ...process.env, PATH: `${node}:${process.env['PATH'] ?? ''}` }
  // Another one than that of the project, which npm would put before all others.
  for (const name of Object.keys(environment)) if (name.startsWith('npm_')) delete environment[name]
  const version = run('node', ['-p', 'process.versions.node'], folder, environment).trim()
  const lines = run('npx', ['--no-install', 'backscroll', ...DEMO], folder, environment)
    .trim()
    .split('\n')
  return { node: version, ...JSON.parse(lines.at(-1)) }
}

const folders = [emptyFolder(), emptyFolder()]
const [folder, older] = folders
try {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)
  )
  npm(['install', join(folder, packed.filename)], folder)
  npm(['install', `node@${OLDEST_NODE}`], older)
  const results = [
    demoIn(folder, join(process.execPath, '..')),
    demoIn(folder, join(older, 'node_modules', 'node', 'bin'))
  ]
  process.stdout.write(
    `${JSON.stringify({
      packedMB: megabytes(packed.size),
      unpackedMB: megabytes(packed.unpackedSize),
      installedMB: megabytes(bytesIn(join(folder, 'node_modules'))),
      packages: packagesIn(folder),
      demos: results
    })}\n`
  )
} finally {
  for (const one of folders) rmSync(one, { recursive: true, force: true })
}
