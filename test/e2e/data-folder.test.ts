// Starts on folders that something has happened to, and what a running server says when it happens to it.
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { runToExit, temporaryFolder } from '../../harness/server-process.ts'
import { thoroughTest } from '../thorough.ts'

const folder = temporaryFolder()
const dataDir = join(folder.path, 'data')
const database = join(dataDir, 'backscroll.db')
const settings = { DATA_DIR: dataDir, PORT: '0', API_KEY: 'harness-key-0123456789' }
const names = () => readdirSync(dataDir).toSorted()

/** Overwrites the first page of a table; header and schema stay as they are. */
const damage = (file: string, table: string): void => {
  const reader = new DatabaseSync(file, { readOnly: true })
  const found = reader.prepare('SELECT rootpage AS page FROM sqlite_schema WHERE name = ?').get(table)
  reader.close()
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(4096, 0x55), 0, 4096, (Number(found?.['page']) - 1) * 4096)
  closeSync(handle)
}

/** What a start on the folder as it is now says; it has to be refused. */
const refusal = (args: ReadonlyArray<string> = [], extra: Readonly<Record<string, string>> = {}) =>
  InProcessServer.start({ dataDir, args, settings: extra }).then(
    () => 'It started',
    (error: Error) => error.message
  )

const untilIncident = (server: InProcessServer) =>
  server.api.until('the incident', async () =>
    (await server.api.incidents()).find(({ kind }) => kind === 'storage.damaged')
  )

let accountId: string

beforeAll(async () => {
  const server = await InProcessServer.start({ dataDir })
  ;({ accountId } = await server.api.createAccount('Kept'))
  await server.stop()
})
afterAll(folder.remove)

describe('a start on a folder that lacks something', () => {
  test('without its vault key, or with another one, is refused and writes no key', async () => {
    const key = join(dataDir, 'vault.key')
    renameSync(key, join(folder.path, 'vault.key'))
    const { code, output } = await runToExit(settings)
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/vault\.key is missing.*Put the file back, or set VAULT_KEY/)
    ])
    expect(names()).not.toContain('vault.key')
    expect(await refusal([], { VAULT_KEY: Buffer.alloc(32, 3).toString('base64') })).toContain(
      'VAULT_KEY does not open this DATA_DIR'
    )
    expect(names()).not.toContain('vault.key')
    writeFileSync(key, 'half a k')
    expect(await refusal()).toContain('does not hold 32 bytes')
    expect(readFileSync(key, 'utf8')).toBe('half a k')
    renameSync(join(folder.path, 'vault.key'), key)
  })

  test('with a damaged database is refused with the file and what to do', async () => {
    const whole = readFileSync(database)
    damage(database, 'threads')
    expect(await refusal()).toMatch(/backscroll\.db is damaged: .*restore DATA_DIR from a backup/)
    writeFileSync(database, whole)
  })

  test('without its database begins an empty one only with --new', async () => {
    const whole = readFileSync(database)
    rmSync(database)
    expect(await refusal()).toContain('start with --new to begin an empty one')
    expect(names()).not.toContain('backscroll.db')
    const begun = await InProcessServer.start({ dataDir, args: ['--new'] })
    expect((await begun.api.request('GET', '/v1/accounts')).body).toMatchObject({ accounts: [] })
    await begun.stop()
    expect(await refusal(['--new'])).toContain('has a database already')
    writeFileSync(database, whole)
  })
})

thoroughTest(
  'a file named .env is read with a byte order mark, and refused with the line or the reason',
  async () => {
    const cwd = join(folder.path, 'cwd')
    mkdirSync(cwd)
    const env = join(cwd, '.env')
    const started = async (content: string) => {
      writeFileSync(env, content)
      return runToExit({ DATA_DIR: dataDir, API_KEY: settings.API_KEY }, [], cwd)
    }
    expect((await started('\uFEFFPORT=never\n')).output).toContain('PORT is not usable')
    expect((await started('LOG_LEVEL=info\nPORT 0\n')).output).toContain('.env, line 2: this is no setting')
    rmSync(env)
    mkdirSync(env)
    expect(await runToExit(settings, [], cwd)).toMatchObject({
      code: 1,
      output: expect.stringContaining('.env: it cannot be read')
    })
  }
)

describe('a running server whose database', () => {
  test('is damaged tells so when it reads it: /ready says no, and an incident names the file', async () => {
    const whole = readFileSync(database)
    damage(database, 'threads_recent')
    const server = await InProcessServer.start({ dataDir, settings: { DATABASE_CHECK_MAX_MB: '0' } })
    expect(await server.api.request('GET', `/v1/accounts/${accountId}/threads`)).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('The database is damaged') }
    })
    expect((await server.api.request('GET', '/ready')).status).toBe(503)
    expect(await untilIncident(server)).toMatchObject({
      happened: expect.stringContaining(`${database} cannot be relied on: database disk image is malformed`),
      advice: expect.stringContaining('docs/backup.md')
    })
    await server.stop()
    writeFileSync(database, whole)
    for (const name of ['-wal', '-shm']) rmSync(`${database}${name}`, { force: true })
  })

  thoroughTest('is taken away writes nothing more, and says why', async () => {
    const server = await InProcessServer.start({ dataDir })
    renameSync(database, `${database}.moved`)
    expect(await server.api.request('POST', '/v1/accounts', { name: 'Nowhere' })).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('restore DATA_DIR from a backup') }
    })
    expect((await server.api.request('GET', '/ready')).status).toBe(503)
    expect(await untilIncident(server)).toMatchObject({
      happened: expect.stringContaining(`${database} cannot be relied on: the file was removed`)
    })
    await server.stop()
    renameSync(`${database}.moved`, database)
  })
})
