// Builds the console (src/console) into build/console, which the server serves at /.
//   node scripts/console.mjs               builds it
//   node scripts/console.mjs --if-stale    only where it is not there, or was built from other sources; a failure is said, and no more
// Where the development dependencies are not installed, what builds it is brought into tools/console first.
import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { consoleStamp, isConsoleStale, stampFileOf } from './console-stamp.mjs'

const ROOT = join(import.meta.dirname, '..')
const SOURCE = join(ROOT, 'src', 'console')
const TARGET = join(ROOT, 'build', 'console')
const TOOLS = join(ROOT, 'tools', 'console')
const FONTS = ['newsreader-latin-500-normal.woff2', 'newsreader-latin-ext-500-normal.woff2']

const digest = content => createHash('sha256').update(content).digest('hex').slice(0, 12)

/** Where the bundler and what it bundles are. */
const modulesFolder = () => {
  const folders = [ROOT, TOOLS].map(folder => join(folder, 'node_modules'))
  const isComplete = folder =>
    ['rolldown', 'preact', 'wouter-preact'].every(name => existsSync(join(folder, name)))
  const found = folders.find(isComplete)
  if (found !== undefined) return found
  process.stderr.write('backscroll set-up: bringing what builds the console …\n')
  const { status } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'],
    {
      cwd: TOOLS,
      stdio: ['ignore', process.stderr, 'inherit'],
      shell: process.platform === 'win32'
    }
  )
  if (status !== 0) throw new Error('npm could not install what builds the console')
  return folders[1]
}

const bundled = async modules => {
  const rolldown = createRequire(join(modules, 'x.js')).resolve('rolldown')
  const { build } = await import(pathToFileURL(rolldown).href)
  const { output } = await build({
    input: { app: join(SOURCE, 'main.tsx') },
    platform: 'browser',
    logLevel: 'warn',
    resolve: { modules: [modules] },
    transform: { target: 'es2024' },
    write: false,
    output: {
      format: 'esm',
      minify: true,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js'
    }
  })
  return output.map(({ code, fileName }) => [fileName, code])
}

/** The style sheets as one; each names its layer, so that their order does not matter. */
const styles = fonts => {
  const sheets = globSync('styles/*.css', { cwd: SOURCE }).toSorted()
  const text = sheets.map(sheet => readFileSync(join(SOURCE, sheet), 'utf8')).join('\n')
  const small = text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/\s*\n\s*/g, '\n')
  return fonts.reduce((css, [name, file]) => css.replaceAll(`fonts/${name}`, file), small)
}

const written = (name, content) => {
  const bytes = Buffer.from(content)
  writeFileSync(join(TARGET, name), bytes)
  if (/\.(js|css|html|svg)$/.test(name)) {
    writeFileSync(join(TARGET, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
    writeFileSync(join(TARGET, `${name}.br`), brotliCompressSync(bytes, { params }))
  }
}

export const buildConsole = async () => {
  const modules = modulesFolder()
  const stamp = consoleStamp(ROOT)
  const scripts = await bundled(modules)
  rmSync(TARGET, { recursive: true, force: true })
  mkdirSync(TARGET, { recursive: true })
  const fonts = FONTS.map(name => {
    const file = name.replace('.woff2', `-${digest(name)}.woff2`)
    cpSync(join(modules, '@fontsource', 'newsreader', 'files', name), join(TARGET, file))
    return [name, file]
  })
  cpSync(join(modules, '@fontsource', 'newsreader', 'LICENSE'), join(TARGET, 'font-license.txt'))
  const css = styles(fonts)
  const sheet = `app-${digest(css)}.css`
  const [entry = ''] = scripts.find(([name]) => name.startsWith('app-')) ?? []
  for (const [name, code] of scripts) written(name, code)
  written(sheet, css)
  written('icon.svg', readFileSync(join(SOURCE, 'icon.svg')))
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8')
  written('index.html', html.replace('{{script}}', entry).replace('{{styles}}', sheet))
  // Last: what was not completed is done again.
  writeFileSync(stampFileOf(ROOT), stamp)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--if-stale')) await buildConsole()
  else if (isConsoleStale(ROOT))
    await buildConsole().catch(error => {
      process.stderr.write(
        `backscroll set-up: the console could not be built (${error.message}). The server runs without it; node scripts/console.mjs tries again.\n`
      )
    })
}
