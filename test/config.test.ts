import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Result } from 'effect'
import { describe, expect, test } from 'vitest'
import { InProcessServer } from '../harness/in-process-server.ts'
import { runToExit, temporaryFolder } from '../harness/server-process.ts'
import { describeSettings, envExample, loadConfig, settingNames, settings } from '../src/config.ts'

const ROOT = join(import.meta.dirname, '..')
const problems = (environment: Record<string, string>) =>
  Result.match(loadConfig(environment), {
    onSuccess: () => [],
    onFailure: error => error.problems.map(problem => problem.setting)
  })

test('without any setting the defaults are usable', () => {
  expect(problems({})).toEqual([])
})

describe('a wrong value is refused with the name of its setting', () => {
  test.each([
    ['PORT', 'http'],
    ['PORT', '70000'],
    ['HOST', 'not a host'],
    ['DATA_DIR', ' '],
    ['API_KEY', 'short'],
    ['API_KEY', 'with a space in the middle'],
    ['KEY_REQUESTS_PER_MINUTE', 'many'],
    ['ALLOWED_HOSTS', 'https://example.com'],
    ['CORS_ORIGINS', 'https://example.com/'],
    ['CORS_ORIGINS', 'https://example.com, example.org'],
    ['AUDIT_KEEP', '90'],
    ['EVENTS_KEEP', '7'],
    ['TRUST_PROXY', 'yes'],
    ['VAULT_KEY', 'c2hvcnQ='],
    ['LOG_LEVEL', 'loud'],
    ['WHATSAPP_URL', 'http://example.org'],
    ['WHATSAPP_TRUST_ROOT', 'not base64'],
    ['WHATSAPP_MEDIA_URL', 'https://example.org/with/a/path'],
    ['WHATSAPP_VERSION', 'latest'],
    ['WHATSAPP_VERSION', '2.3000.0'],
    ['WHATSAPP_VERSION', '2.2413.51'],
    ['WHATSAPP_VERSION', '2.3000.4294967296'],
    ['WHATSAPP_VERSION_URL', 'ws://example.org'],
    ['WHATSAPP_SYNC_FULL_HISTORY', 'yes'],
    ['PAIRING_TIMEOUT', '180'],
    ['CONNECT_TIMEOUT', '-1s'],
    ['PAIRING_TIMEOUT', '600h'],
    ['SEND_TIMEOUT', '0ms']
  ])('%s=%s', (name, value) => {
    expect(problems({ [name]: value })).toContain(name)
  })
})

test('another WhatsApp server is trusted only with both its address and its root key', () => {
  const root = Buffer.alloc(32, 7).toString('base64')
  expect(problems({ WHATSAPP_URL: 'ws://127.0.0.1:1/ws/chat' })).toEqual(['WHATSAPP_URL'])
  expect(problems({ WHATSAPP_TRUST_ROOT: root })).toEqual(['WHATSAPP_TRUST_ROOT'])
  expect(problems({ WHATSAPP_URL: 'ws://127.0.0.1:1/ws/chat', WHATSAPP_TRUST_ROOT: root })).toEqual([])
})

test('a misspelt WHATSAPP_ setting is refused instead of ignored', () => {
  expect(problems({ WHATSAPP_TRUSTROOT: 'x' })).toEqual(['WHATSAPP_TRUSTROOT'])
})

test('the server does not start with a wrong value, names it, and does not repeat it', async () => {
  const { code, output } = await runToExit({ API_KEY: 'hunter2', PORT: 'eighty' })
  expect(code).toBe(1)
  expect(output).toContain('API_KEY')
  expect(output).toContain(settings.API_KEY.allowed)
  expect(output).toContain('PORT')
  expect(output).not.toContain('hunter2')
})

test('--help prints every setting with its default and meaning', async () => {
  const { code, output } = await runToExit({}, ['--help'])
  expect(code).toBe(0)
  expect(output).toContain(describeSettings())
  for (const name of settingNames) expect(output).toContain(`${name}`)
})

test('an unknown argument is refused', async () => {
  const { code, output } = await runToExit({}, ['--prot', '80'])
  expect(code).toBe(2)
  expect(output).toContain('--prot')
})

test('.env.example is what src/config.ts says', () => {
  expect(readFileSync(join(ROOT, '.env.example'), 'utf8')).toBe(envExample())
})

test.each(['README.md', 'docs/settings.md'])('%s lists every setting with its default', file => {
  const written = readFileSync(join(ROOT, file), 'utf8')
  for (const name of settingNames) {
    const { default: standard, meaning } = settings[name]
    expect(written).toContain(`| \`${name}\` | ${standard === '' ? '' : `\`${standard}\``} | ${meaning} |`)
  }
})

test('a second server on the same folder is refused with what to do', async () => {
  const folder = temporaryFolder()
  const first = await InProcessServer.start({ dataDir: folder.path })
  const { code, output } = await runToExit({ DATA_DIR: folder.path, PORT: '0' })
  await first.stop()
  folder.remove()
  expect(code).toBe(1)
  expect(output).toMatch(/Another Backscroll server \(process \d+ on [^)]+\) is using DATA_DIR/)
})
