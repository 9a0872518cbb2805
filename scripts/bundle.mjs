// Bundles the server, the command line and the demo into build/: fewer files to find and to read, so it starts in less than half
// the time. The bundle is what a package has instead of the sources, and runs on Node 22, too.
//   npm run build && node build/main.js
// Packages that load files of their own by path stay in node_modules.
import './needs-node.cjs'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'rolldown'
import { buildClient } from './build-client.mjs'
import { buildConsole } from './console.mjs'
import { noticesOf } from './notices.mjs'

const ROOT = join(import.meta.dirname, '..')
const TARGET = join(ROOT, 'build')
const PAGE = join(ROOT, 'src/http/resources/inspector/page')

/** Baileys loads them where they are installed. */
const NEVER_INSTALLED = new Set(['jimp', 'link-preview-js', 'audio-decode'])

const NOT_BUNDLED = [
  /^firebase-admin/,
  /^@google-cloud\//,
  'whatsapp-rust-bridge',
  // Starts its threads from a file of its own.
  'piscina',
  'pino',
  'pino-pretty',
  // Loads the library for this machine.
  'sharp',
  // Its license (GPL) asks for more of those who copy it than the others do: it stays a package of its own.
  'libsignal',
  /^libsignal\//,
  ...NEVER_INSTALLED
]

const packageOf = name => name.split('/', name.startsWith('@') ? 2 : 1).join('/')

/** Whoever installs the package gets what its package.json names: that has to be what the bundle imports, no more and no less. */
const checkImports = chunks => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const own = new Set(chunks.map(({ fileName }) => fileName))
  const imported = new Set(
    chunks
      .flatMap(({ dynamicImports = [], imports = [] }) => [...imports, ...dynamicImports])
      .filter(name => !own.has(name) && !isBuiltin(name))
      .map(packageOf)
  )
  const missing = [...imported].filter(
    name => !NEVER_INSTALLED.has(name) && !(name in dependencies) && !(name in peerDependencies)
  )
  const needless = Object.keys(dependencies).filter(name => !imported.has(name))
  if (missing.length + needless.length === 0) return
  throw new Error(
    `The dependencies of package.json are what the bundle imports; others belong into src/package.json (docs/decisions/0072). Imported and not there: ${missing.join(', ') || 'none'}. There and not imported: ${needless.join(', ') || 'none'}`
  )
}

rmSync(TARGET, { recursive: true, force: true })
const { output } = await build({
  input: {
    main: join(ROOT, 'src/main.cjs'),
    backscroll: join(ROOT, 'src/backscroll.cjs'),
    demo: join(ROOT, 'demo/launch.ts'),
    'reading-thread': join(ROOT, 'src/services/whatsapp/chunk/reading-thread.ts'),
    'storing-thread': join(ROOT, 'src/app/threads/storing-thread.ts'),
    'checkpoint-thread': join(ROOT, 'src/services/database/sqlite/checkpoint-thread.ts'),
    'preparation-thread': join(ROOT, 'src/services/outbox/preparation/thread.ts')
  },
  external: NOT_BUNDLED,
  platform: 'node',
  logLevel: 'warn',
  transform: { target: 'node22', define: { BACKSCROLL_BUNDLE: 'true' } },
  output: { dir: TARGET, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
})
checkImports(output)
buildClient(join(TARGET, 'client'))
await buildConsole()
cpSync(PAGE, join(TARGET, 'page'), { recursive: true })
cpSync(join(ROOT, 'src/http/resources/link/link-page'), join(TARGET, 'link-page'), { recursive: true })
cpSync(join(ROOT, 'extension'), join(TARGET, 'extension'), { recursive: true })
cpSync(join(ROOT, 'simulator/wire/dictionary-2.txt'), join(TARGET, 'dictionary-2.txt'))
writeFileSync(join(TARGET, 'THIRD-PARTY-NOTICES.txt'), noticesOf(output))
