// Which folders and databases are taken, and that a refusal changes nothing in them.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Effect, Exit } from 'effect'
import { afterEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { claim, type ClaimOptions } from '../../../src/services/database/sqlite/data-folder.ts'
import { runtimeOn } from '../database.ts'

const folders: Array<() => void> = []
afterEach(() => {
  for (const remove of folders.splice(0)) remove()
})

const folder = (): string => {
  const made = temporaryFolder()
  folders.push(made.remove)
  return made.path
}

/** Everything that could be changed: names, modes, contents. */
const imageOf = (path: string): unknown => {
  const stats = statSync(path)
  if (!stats.isDirectory()) return [stats.mode, createHash('sha256').update(readFileSync(path)).digest('hex')]
  return [
    stats.mode,
    readdirSync(path)
      .toSorted()
      .map(name => [name, imageOf(join(path, name))])
  ]
}

const claiming = (path: string, options?: ClaimOptions) =>
  Effect.runSyncExit(Effect.scoped(claim(path, options)))

const refusalOf = (path: string, options?: ClaimOptions): string => {
  const before = imageOf(path)
  const exit = claiming(path, options)
  expect(imageOf(path)).toEqual(before)
  return Exit.isFailure(exit) ? String(exit.cause) : 'it was taken'
}

/** A folder with a database as a server leaves it. */
const used = async (): Promise<string> => {
  const path = folder()
  const runtime = runtimeOn(join(path, 'backscroll.db'))
  await runtime.runPromise(Effect.void)
  await runtime.dispose()
  writeFileSync(join(path, 'vault.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 })
  return path
}

test('a folder of others is refused and stays as it is, whatever its mode', () => {
  const shared = folder()
  chmodSync(shared, 0o1777)
  expect(refusalOf(shared)).toContain('other users of the machine can write to it')
  writeFileSync(join(shared, 'letter.txt'), 'private')
  expect(refusalOf(shared)).toContain('Give the server a folder of its own')

  const home = folder()
  chmodSync(home, 0o755)
  writeFileSync(join(home, 'letter.txt'), 'private')
  expect(refusalOf(home)).toContain('not of this server')

  const sameNames = folder()
  for (const name of ['media', 'scratch']) {
    mkdirSync(join(sameNames, name))
    writeFileSync(join(sameNames, name, 'film.mkv'), 'somebody’s')
  }
  expect(refusalOf(sameNames)).toContain('(media, scratch)')

  const file = join(folder(), 'file')
  writeFileSync(file, 'a file')
  expect(refusalOf(file)).toContain('is a file')
})

test('a new folder, an empty one, the root of a disk and a private one with other files are used', () => {
  const missing = join(folder(), 'a', 'b')
  expect(Exit.isSuccess(claiming(missing))).toBe(true)
  expect(statSync(missing).mode & 0o777).toBe(0o700)

  const disk = folder()
  chmodSync(disk, 0o755)
  mkdirSync(join(disk, 'lost+found'))
  expect(claiming(disk)).toEqual(Exit.succeed({ isNew: true }))

  const mixed = folder()
  writeFileSync(join(mixed, 'service-account.json'), '{}')
  expect(Exit.isSuccess(claiming(mixed))).toBe(true)
})

test('a used folder is made private again', async () => {
  const path = await used()
  chmodSync(path, 0o755)
  expect(claiming(path)).toEqual(Exit.succeed({ isNew: false }))
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('a database of a newer version is refused with both versions, and one of another program at all', async () => {
  const path = await used()
  const database = new DatabaseSync(join(path, 'backscroll.db'))
  database.exec("INSERT INTO migrations (migration_id, name) VALUES (9001, 'from_the_future')")
  database.close()
  expect(refusalOf(path)).toMatch(
    /the upgrade 9001 \(from the future\), and this version knows those up to \d+ \(/
  )

  const other = folder()
  const foreign = new DatabaseSync(join(other, 'backscroll.db'))
  foreign.exec('CREATE TABLE accounts (name TEXT); CREATE TABLE migrations (id INTEGER)')
  foreign.close()
  expect(refusalOf(other)).toContain('not of this server')
  writeFileSync(join(other, 'vault.key'), Buffer.alloc(32).toString('base64'))
  expect(refusalOf(other)).toContain('a database of another program')
})

test('a database that is damaged or not whole is refused, with the file and what to do', async () => {
  const path = await used()
  const file = join(path, 'backscroll.db')
  const whole = readFileSync(file)
  truncateSync(file, whole.length - 4096)
  expect(refusalOf(path)).toMatch(
    /backscroll\.db is damaged: it has \d+ bytes instead of \d+.*restore the database from a backup/
  )
  writeFileSync(file, Buffer.concat([Buffer.alloc(4096, 0x55), whole.subarray(4096)]))
  expect(refusalOf(path, { beginsEmpty: true })).toContain('does not begin as SQLite databases do')
  writeFileSync(file, Buffer.concat([whole.subarray(0, 100), Buffer.alloc(whole.length - 100, 0x55)]))
  expect(refusalOf(path)).toContain('is damaged')
})

test.each(['missing', 'zero bytes', 'no tables'])(
  'a database that is gone (%s) beside its key is begun again only when asked for',
  async how => {
    const path = await used()
    const file = join(path, 'backscroll.db')
    rmSync(file)
    if (how === 'zero bytes') writeFileSync(file, '')
    if (how === 'no tables') {
      const emptied = new DatabaseSync(file)
      emptied.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 1')
      emptied.close()
    }
    expect(refusalOf(path)).toMatch(/has vault\.key, but its database .* is missing or empty.*--new/)
    expect(claiming(path, { beginsEmpty: true })).toEqual(Exit.succeed({ isNew: false }))
  }
)

test('what is left of a lost database is set aside, and an empty start beside a database is refused', async () => {
  const path = await used()
  expect(refusalOf(path, { beginsEmpty: true })).toContain('has a database already')
  rmSync(join(path, 'backscroll.db'))
  writeFileSync(join(path, 'backscroll.db-wal'), 'the last messages')
  expect(refusalOf(path)).toContain('backscroll.db-wal')
  claiming(path, { beginsEmpty: true })
  const [aside] = readdirSync(path).filter(name => name.endsWith('.old'))
  expect(readFileSync(join(path, aside!), 'utf8')).toBe('the last messages')
})

test('only one server owns a folder', async () => {
  const path = await used()
  const second = await Effect.runPromise(
    Effect.scoped(Effect.andThen(claim(path), Effect.exit(Effect.scoped(claim(path)))))
  )
  expect(String(second)).toContain('Another Backscroll server (process')
})
