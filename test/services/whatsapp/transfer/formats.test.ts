// Every form in which other servers keep a session is read as the same session.
import { Effect, Result } from 'effect'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileNameOf, parseKeyName } from '../../../../src/services/whatsapp/transfer/key-names.ts'
import { readDocument } from '../../../../src/services/whatsapp/transfer/read.ts'
import { linkedSession } from '../../../../src/services/whatsapp/transfer/session.ts'
import { zipOf } from '../../../e2e/zip.ts'
import { creds, fileName, json, keys, named, record } from './stored-session.ts'

const read = (document: unknown, session?: string) =>
  Effect.runPromise(
    Effect.result(
      Effect.flatMap(
        readDocument(
          Buffer.isBuffer(document)
            ? document
            : Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)),
          session
        ),
        linkedSession
      )
    )
  )

const taken = async (document: unknown, session?: string) => Result.getOrThrow(await read(document, session))

const refusalOf = async (document: unknown, session?: string) => {
  const { accountId: _, ...refusal } = Result.getOrThrow(Result.flip(await read(document, session)))
  return refusal
}

const stored = { creds: creds(), keys: keys() }
const parts = named(stored.keys)

const folder = (files = parts): Array<readonly [string, Buffer]> => [
  ['creds.json', Buffer.from(json(stored.creds))],
  ...files.map(
    ([kind, id, value]) => [`${fileName(`${kind}-${id}`)}.json`, Buffer.from(json(value))] as const
  )
]

const keyRows = <Row>(row: (name: string, value: unknown) => Row): ReadonlyArray<Row> =>
  parts.map(([kind, id, value]) => row(`${kind}-${id}`, value))

/** What each server's store looks like when it is exported. */
const FORMS: Readonly<Record<string, () => unknown>> = {
  'Baileys, a zip of the multi-file folder': () => zipOf(folder()),
  'Baileys, the folder within folders, beside files of another kind': () =>
    zipOf(
      [...folder(), ['store.sqlite3', Buffer.alloc(10)], ['settings.json', Buffer.from('{"a":1}')]],
      'a/b/'
    ),
  'Baileys, one document': () => json({ creds: stored.creds, keys: stored.keys }),
  'baileys-api, rows of Session': () => [
    { pkId: 1, sessionId: 's', id: 'creds', data: json(stored.creds) },
    ...keyRows((name, value) => ({ pkId: 2, sessionId: 's', id: fileName(name), data: json(value) }))
  ],
  'baileys-api, a row a line': () =>
    [
      { sessionId: 's', id: 'creds', data: json(stored.creds) },
      ...keyRows((name, value) => ({ sessionId: 's', id: fileName(name), data: json(value) }))
    ]
      .map(row => JSON.stringify(row))
      .join('\n'),
  'Evolution 2, the row of Session with the files of the instance': () =>
    zipOf([
      [
        'Session.json',
        Buffer.from(
          JSON.stringify([
            { id: 'c', sessionId: 'uuid', creds: JSON.stringify(json(stored.creds)), createdAt: 'x' }
          ])
        )
      ],
      ...folder()
        .filter(([name]) => name !== 'creds.json')
        .map(([name, bytes]) => [`instances/uuid/${name}`, bytes] as const)
    ]),
  'Evolution 2, the row of Session with the hash of Redis': () => ({
    Session: [{ id: 'c', sessionId: 'uuid', creds: JSON.stringify(json(stored.creds)) }],
    keys: Object.fromEntries(keyRows((name, value) => [name, json(value)]))
  }),
  'Evolution 1, a hash of Redis': () => ({
    creds: json(stored.creds),
    ...Object.fromEntries(keyRows((name, value) => [name, json(value)]))
  }),
  'Evolution 1, documents of MongoDB': () => [
    { _id: 'creds', ...(JSON.parse(json(stored.creds)) as object) },
    // What is no object cannot be such a document.
    ...parts.flatMap(([kind, id, value]) => {
      const plain: unknown = JSON.parse(json(value))
      return typeof plain === 'object' && !Array.isArray(plain) ? [{ _id: `${kind}-${id}`, ...plain }] : []
    })
  ],
  'WAHA on SQLite, rows of noweb_auth_state': () => [
    { session: 'default', category: 'creds', id: 'creds', data: json(stored.creds) },
    ...parts.map(([category, id, value]) => ({ session: 'default', category, id, data: json(value) }))
  ],
  'WAHA on Postgres, rows of waha_auth with bytes as Node writes them': () => [
    { session_id: 'default', key: 'creds', value: stored.creds },
    ...keyRows((key, value) => ({ session_id: 'default', key, value }))
  ]
}

describe.each(Object.entries(FORMS))('%s', (name, form) => {
  test('is read as what was stored', async () => {
    const session = await taken(await form())
    expect(session).toMatchObject({ jid: '4915112345678@s.whatsapp.net', lid: '123456789012345@lid' })
    if (name.includes('MongoDB')) {
      expect(session.taken).toMatchObject({ session: 2, 'pre-key': 2, 'sender-key': 2, 'identity-key': 1 })
      return
    }
    expect(session.taken).toEqual({
      'pre-key': 2,
      session: 2,
      'sender-key': 2,
      'sender-key-memory': 1,
      'app-state-sync-key': 2,
      'app-state-sync-version': 1,
      'lid-mapping': 2,
      'device-list': 1,
      tctoken: 1,
      'identity-key': 1
    })
    expect(session.leftOut).toEqual({})
    const plain = await taken(await zipOf(folder()))
    expect(session.mark).toEqual(plain.mark)
    expect(Object.keys(session.keys['sender-key']!)).toEqual(Object.keys(stored.keys['sender-key']!))
    expect(Object.keys(session.keys['app-state-sync-key']!)).toEqual(['AAAAAA/x', 'BB//CC+='])
  })
})

test('the name of a key is found again in the name of its file', () => {
  const digits = fc.stringMatching(/^[1-9]\d{6,14}$/)
  const device = fc.integer({ min: 0, max: 99 })
  const user = fc.tuple(digits, fc.constantFrom('', '_1', '_128')).map(text => text.join(''))
  const group = fc.oneof(
    digits.map(id => `1203${id}@g.us`),
    fc.tuple(digits, digits).map(([owner, time]) => `${owner}-${time}@g.us`),
    fc.constant('status@broadcast')
  )
  const key = fc.oneof(
    fc.tuple(
      fc.constant('session' as const),
      fc.tuple(user, device).map(id => id.join('.'))
    ),
    fc.tuple(
      fc.constant('sender-key' as const),
      fc.tuple(group, user, device).map(id => id.join('::'))
    ),
    fc.tuple(fc.constant('sender-key-memory' as const), group),
    fc.tuple(fc.constant('app-state-sync-key' as const), fc.base64String({ minLength: 4 })),
    fc.tuple(
      fc.constant('lid-mapping' as const),
      user.map(id => `${id}_reverse`)
    ),
    fc.tuple(
      fc.constant('tctoken' as const),
      digits.map(id => `${id}@lid`)
    )
  )
  fc.assert(
    fc.property(key, ([kind, id]) => {
      const name = fileNameOf({ kind, id })
      expect(name).toMatch(/^[^/:]+$/)
      expect(parseKeyName(name)).toEqual({ kind, id })
      expect(parseKeyName(`${kind}-${id}`)).toEqual({ kind, id })
    })
  )
})

describe('what Baileys 6 calls its devices', () => {
  const six = {
    session: {
      '4915112345678.0': record(9),
      '123456789012345.0': record(8),
      '4915199.0': record(3),
      '999888777666555.7': record(4)
    },
    'pre-key': stored.keys['pre-key'],
    'sender-key': { '120363@g.us::999888777666555::7': Buffer.from('[{"senderKeyId":1}]') }
  }

  test('is found under the names of Baileys 7: LIDs apart, the own phone under its LID', async () => {
    const { keys: kept } = await taken(json({ creds: stored.creds, keys: six }))
    const sessionOf = (id: string) =>
      JSON.parse(Buffer.from(kept['session']![id]!).toString()) as ReturnType<typeof record>
    expect(Object.keys(kept['sender-key']!)).toContain('120363@g.us::999888777666555_1::7')
    expect(sessionOf('999888777666555_1.7')).toEqual(record(4))
    expect(sessionOf('4915199.0')).toEqual(record(3))
    const own = sessionOf('123456789012345_1.0')._sessions
    expect(Object.values(own).map(({ indexInfo }) => [indexInfo.used, indexInfo.closed])).toEqual([
      [8, 8],
      [9, -1]
    ])
  })
})

describe('refused with what is wrong', () => {
  const without = (...names: ReadonlyArray<string>) =>
    Object.fromEntries(Object.entries(stored.creds).filter(([name]) => !names.includes(name)))

  test.each([
    ['nothing', '', 'noSession', []],
    ['no JSON', 'PK is no zip', 'unreadable', []],
    ['other JSON', '{"a":[1,2]}', 'noSession', []],
    [
      'credentials of a device that was never linked',
      json({ creds: without('me', 'account'), keys: stored.keys }),
      'notRegistered',
      []
    ],
    [
      'credentials without keys',
      json({ creds: stored.creds, keys: {} }),
      'incomplete',
      ['pre-key', 'session']
    ],
    [
      'credentials with holes',
      json({ creds: { ...without('noiseKey'), advSecretKey: null, me: { id: 'x' } }, keys: stored.keys }),
      'incomplete',
      ['noiseKey', 'advSecretKey', 'me']
    ],
    [
      'several sessions',
      ['a', '4915112345678'].map(sessionId => ({ sessionId, id: 'creds', data: json(stored.creds) })),
      'severalSessions',
      []
    ]
  ])('%s', async (_what, document, reason, missing) => {
    const refusal = await refusalOf(document)
    expect(refusal).toMatchObject({ reason, missing })
    expect(refusal.detail).not.toContain('4915112345678')
  })

  test('keys that cannot be read are left out and counted; one of several sessions can be chosen', async () => {
    const rows = (sessionId: string) => [
      { sessionId, id: 'creds', data: json(stored.creds) },
      ...keyRows((name, value) => ({ sessionId, id: fileName(name), data: json(value) })),
      { sessionId, id: 'session-4915100.0', data: '{"_sessions":' },
      { sessionId, id: 'something-else', data: '1' }
    ]
    const session = await taken([...rows('a'), ...rows('b')], 'b')
    expect(session.leftOut).toEqual({ session: 1, other: 1 })
    expect(await refusalOf(rows('a'), 'c')).toMatchObject({ reason: 'noSession' })
  })

  test('zips that leave their folder, lie about their sizes, or are bombs', async () => {
    const zip = await zipOf(folder(), 'aa/')
    const outside = Buffer.from(zip.toString('latin1').replaceAll('aa/', '../'), 'latin1')
    expect(await refusalOf(outside)).toMatchObject({ reason: 'unsafePath' })

    const zeros = await zipOf([['creds.json', Buffer.alloc(70 * 1_048_576)]])
    expect(zeros.length).toBeLessThan(200_000)
    expect(await refusalOf(zeros)).toMatchObject({ reason: 'tooLarge' })
    // The size in the directory at the end.
    zeros.writeUInt32LE(100, zeros.lastIndexOf('PK\u0001\u0002') + 24)
    expect(await refusalOf(zeros)).toMatchObject({ reason: 'tooLarge' })

    expect(await refusalOf(zip.subarray(0, zip.length - 100))).toMatchObject({ reason: 'unreadable' })
  })
})
