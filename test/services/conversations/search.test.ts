// What a search finds, whatever was done to the message since, and whatever people type.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { parseSearch } from '../../../src/domain/search-query.ts'
import { wordsOf } from '../../../src/domain/search-text.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageSearch } from '../../../src/services/conversations/message-search.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import type { SearchRequest } from '../../../src/services/conversations/queries.ts'
import { anyCharacter } from '../../any-character.ts'
import { thorough } from '../../thorough.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, T0 } from './facts.ts'

const query = (text: string) => {
  const parsed = parseSearch(text)
  if ('refusal' in parsed) throw new Error(parsed.refusal)
  return parsed
}

const searching = (text: string, extra: Partial<SearchRequest> = {}) =>
  MessageSearch.use(messageSearch =>
    messageSearch.search(ACCOUNT, { query: query(text), order: 'newest', limit: 50, ...extra })
  )

/** The WhatsApp ids of what is found, newest first. */
const found = (text: string, extra: Partial<SearchRequest> = {}) =>
  Effect.map(searching(text, extra), ({ hits }) => hits.map(hit => hit.message.whatsAppId))

const saying = (body: string, id = body, seconds = 0) => message(id, { body, timestamp: T0 + seconds * 1000 })

/** Every word of the index: in which row, at which place of its text. */
const indexed = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE VIRTUAL TABLE IF NOT EXISTS temp.indexed USING fts5vocab(main, message_search, instance)`
  return yield* sql<{ place: string; at: number; word: string }>`
    SELECT CAST(doc AS TEXT) AS place, "offset" AS at, term AS word FROM temp.indexed WHERE col = 'text' ORDER BY doc, 2`
})

const MEDIA = {
  mimeType: 'application/pdf',
  size: 1,
  duration: null,
  width: null,
  height: null,
  download: null
}

test.each<[string, string, string]>([
  ['case and accents', 'Das SCHLÜSSELBRETT hängt', 'schlusselbrett'],
  ['accents in the query only', 'Schlusselbrett', 'Schlüsselbrett'],
  ['the beginning of the last word', 'tomorrow morning', 'tomorrow morn'],
  ['words in any order', 'we meet at the station', 'station meet '],
  ['a phrase', 'at the old station', '"the old station"'],
  ['a word with signs in it', 'write to e-mail@example.org', 'e-mail@example.org'],
  ['Hebrew with vowel points', 'שָׁלוֹם לכולם', 'שלום'],
  ['Hebrew', 'נתראה מחר בבוקר', 'מחר בבוקר'],
  ['Arabic with vowel points and hamza', 'أين مُحَمَّد الآن', 'اين محمد'],
  ['Cyrillic', 'Завтра купим ЁЛКУ', 'елку'],
  ['Greek', 'Καλημέρα σε όλους', 'ΚΑΛΗΜΕΡΑ'],
  ['a part of a Chinese sentence', '我们明天见面吧', '明天'],
  ['one Chinese character', '我们明天见面吧', '见'],
  ['Japanese', '今日はありがとうございます', 'ありがとう'],
  ['Thai', 'เราไปกินข้าวกันไหม', 'กินข้าว'],
  ['Korean within a word', '학교에서 만나요', '교에서'],
  ['an emoji', 'happy birthday 🎂🎉', '🎂'],
  ['one letter', 'plan B', 'b'],
  ['a number', 'order 10482 is ready', '10482']
])('%s', async (_, body, text) => {
  const ids = await onDatabase(
    Effect.gen(function* () {
      yield* apply(saying(body, 'IT'), saying('nothing of the kind: 天气 ไม่ 🎈', 'OTHER'))
      const search = yield* searching(text)
      // What was found is shown in the text as it was written.
      const marked = search.hits[0]?.highlights[0]?.segments ?? []
      expect(marked.some(({ match }) => match)).toBe(true)
      expect(marked.map(segment => segment.text).join('')).toBe(body)
      return search.hits.map(hit => hit.message.whatsAppId)
    })
  )
  expect(ids).toEqual(['IT'])
})

test.each([
  ['a phrase in another order', '"station old"'],
  ['a word that must not be there', 'station -old'],
  ['a beginning of a word that is not the last', 'stat old'],
  ['a beginning that was ended', '"stat"'],
  ['characters apart', '旧站']
])('%s finds nothing', async (_, text) => {
  const ids = await onDatabase(Effect.andThen(apply(saying('the old station 旧的车站')), found(text)))
  expect(ids).toEqual([])
})

test('edited, deleted and filled messages are found by what they say now', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(saying('apples', 'EDITED'), saying('pears', 'DELETED'))
      yield* apply(message('FILLED', { type: 'undecryptable', body: null, status: 'undecryptable' }))
      yield* apply(
        change('EDITED', { to: 'edited', body: 'oranges', at: T0 + 1 }),
        change('DELETED', { to: 'revoked', at: T0 + 1 }),
        // Edited and deleted before they come; and told twice.
        change('LATE', { to: 'edited', body: 'plums', at: T0 + 1 }),
        change('GONE', { to: 'revoked', at: T0 + 1 })
      )
      yield* apply(saying('cherries', 'FILLED'), saying('figs', 'LATE'), saying('dates', 'GONE'))
      yield* apply(saying('apples', 'EDITED'), saying('pears', 'DELETED'))
      for (const gone of ['apples', 'pears', 'figs', 'dates']) expect(yield* found(gone)).toEqual([])
      expect(yield* found('oranges')).toEqual(['EDITED'])
      expect(yield* found('cherries')).toEqual(['FILLED'])
      expect(yield* found('plums')).toEqual(['LATE'])
    })
  )
})

test('a message that another report of it revokes is not found any more', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(saying('secret', 'A'))
      yield* apply(message('A', { type: 'revoked', body: null }))
      expect(yield* found('secret')).toEqual([])
    })
  )
})

test('files are found by their names, events and calls are not', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const media = { ...MEDIA, fileName: 'Rechnung_März.pdf' }
      yield* apply(message('FILE', { type: 'document', body: 'see here', media }))
      yield* apply(message('EVENT', { type: 'system', body: 'Rechnung joined' }))
      const { hits } = yield* searching('marz rechnung')
      expect(hits.map(({ message: { whatsAppId } }) => whatsAppId)).toEqual(['FILE'])
      expect(hits[0]?.highlights).toMatchObject([{ field: 'fileName' }])
    })
  )
})

test('what two addresses of one person wrote is found once they are one, each message once', async () => {
  const one: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 }
  const lid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(saying('common ground', 'BOTH'), saying('common phone', 'PHONE', 1))
      yield* apply(message('BOTH', { ...lid, body: 'common ground' }))
      yield* apply(message('LID', { ...lid, body: 'common lid', timestamp: T0 + 2000 }))
      const inGroup = { chat: { jid: GROUP }, timestamp: T0 + 3000 }
      yield* apply(message('G', { ...inGroup, sender: { jid: ANN_LID }, body: 'common group' }))
      yield* apply(message('G', { ...inGroup, sender: { jid: ANN }, body: 'common group' }))
      yield* apply(one)
      expect(yield* found('common')).toEqual(['G', 'LID', 'PHONE', 'BOTH'])
      for (const sender of [ANN, ANN_LID]) {
        expect(yield* found('common', { sender })).toEqual(['G', 'LID', 'PHONE', 'BOTH'])
      }
      expect(yield* found('common', { threadId: threadIdOf(ACCOUNT, ANN_LID) })).toEqual([
        'LID',
        'PHONE',
        'BOTH'
      ])
    })
  )
})

test('filters leave out what they say, and pages go on until the end', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const own = { sender: 'me', status: 'sent' } as const
      yield* apply(
        ...Array.from({ length: 700 }, (_, index) =>
          message(`M${index}`, {
            body: 'the same word',
            timestamp: T0 + Math.floor(index / 7) * 1000,
            ...(index % 10 === 0 ? own : {}),
            ...(index % 100 === 50 ? { type: 'image' } : {})
          })
        )
      )
      const all = function* (extra: Partial<SearchRequest>) {
        const ids: Array<string> = []
        let cursor: SearchRequest['cursor']
        do {
          const page = yield* searching('same', { ...extra, cursor })
          ids.push(...page.hits.map(hit => hit.message.whatsAppId))
          cursor = page.next ?? undefined
        } while (cursor !== undefined)
        return ids
      }
      const wanted = (keep: (index: number) => boolean) =>
        Array.from({ length: 700 }, (_, index) => index)
          .filter(keep)
          .toReversed()
          .map(index => `M${index}`)
      expect(yield* all({})).toEqual(wanted(() => true))
      expect(yield* all({ sender: 'me', limit: 7 })).toEqual(wanted(index => index % 10 === 0))
      expect(yield* all({ types: ['image'], limit: 2 })).toEqual(wanted(index => index % 100 === 50))
      expect(yield* all({ since: T0 + 10_000, until: T0 + 20_000 })).toEqual(
        wanted(index => index >= 70 && index < 140)
      )
      const ranked = yield* all({ order: 'relevance', sender: 'me', limit: 9 })
      expect(ranked.toSorted()).toEqual(wanted(index => index % 10 === 0).toSorted())
    })
  )
})

test('by relevance, the message that is about it comes first', async () => {
  const ids = await onDatabase(
    Effect.gen(function* () {
      yield* apply(
        saying('garden garden', 'ABOUT'),
        saying(`${'many other words '.repeat(10)} garden`, 'MENTIONS', 5),
        ...Array.from({ length: 20 }, (_, index) => saying('something else', `OTHER${index}`, index))
      )
      return yield* found('garden', { order: 'relevance' })
    })
  )
  expect(ids).toEqual(['ABOUT', 'MENTIONS'])
})

test('another account is not searched, and a removed one leaves nothing in the index', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const messageSearch = yield* MessageSearch
      const accounts = yield* AccountStore
      yield* apply(saying('shared words'))
      expect(
        (yield* messageSearch.search('acc-2', { query: query('shared'), order: 'newest', limit: 5 })).hits
      ).toEqual([])
      yield* accounts.remove(ACCOUNT)
      expect(yield* found('shared')).toEqual([])
      expect(yield* indexed).toEqual([])
    })
  )
})

test('nothing that is typed is taken for the syntax of the index, or fails', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(saying('near NEAR or and not text account'))
      const typed = fc.oneof(
        fc.string({ maxLength: 60, unit: 'grapheme' }),
        fc.string({ maxLength: 60, unit: anyCharacter }),
        fc
          .array(
            fc.constantFrom(
              '"',
              '*',
              '-',
              '(',
              ')',
              ':',
              '^',
              '+',
              'NEAR(',
              'AND',
              'OR',
              'NOT',
              'text:',
              '{a b}',
              '\0',
              ' ',
              '你',
              '“'
            ),
            { maxLength: 30 }
          )
          .map(parts => parts.join(''))
      )
      for (const text of [
        ...fc.sample(typed, { numRuns: thorough(100, 600), seed: 4 }),
        'x'.repeat(500),
        '你'.repeat(500)
      ]) {
        const parsed = parseSearch(text)
        if (!('refusal' in parsed)) {
          const messageSearch = yield* MessageSearch
          yield* messageSearch.search(ACCOUNT, { query: parsed, order: 'newest', limit: 5 })
          yield* messageSearch.search(ACCOUNT, { query: parsed, order: 'relevance', limit: 5 })
        }
      }
      // Words, all of them, and nothing else.
      expect(yield* found('NOT text')).toHaveLength(1)
      expect(yield* found('near OR missing')).toHaveLength(0)
    })
  )
})

test('the index holds exactly the messages that can be found, whatever happened', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [random] = [
        fc.sample(fc.array(fc.tuple(fc.nat(6), fc.nat(12)), { minLength: 120, maxLength: 120 }), {
          numRuns: 1,
          seed: 9
        })
      ]
      for (const [what, which] of random[0]!) {
        const id = `M${which}`
        const who = which % 2 === 0 ? ANN : ANN_LID
        const where = { chat: { jid: who }, sender: { jid: who } }
        const of = { chat: { jid: who }, target: { sender: { jid: who }, whatsAppId: id }, by: { jid: who } }
        if (what === 5) {
          yield* MessageStore.use(messages =>
            messages.change(ACCOUNT, [
              {
                threadId: threadIdOf(ACCOUNT, who),
                messageId: messageIdOf('them', id),
                change: { to: 'timed', at: T0 + which * 5000 }
              }
            ])
          )
        } else {
          yield* apply(
            what < 2
              ? message(id, where)
              : what === 2
                ? message(id, { ...where, type: 'undecryptable', body: null, status: 'undecryptable' })
                : what === 3
                  ? change(id, { to: 'edited', body: `edited ${which}`, at: T0 + what }, of)
                  : what === 4
                    ? change(id, { to: 'revoked', at: T0 + what }, of)
                    : message(id, { ...where, body: `again ${which}` })
          )
        }
      }
      yield* apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
      const held = yield* sql<{ place: string; body: string }>`
        SELECT CAST((ts_client / 1000 << 31) | message_row AS TEXT) AS place, body FROM messages
        WHERE body <> '' AND type NOT IN ('revoked', 'undecryptable') ORDER BY place`
      const words = held.flatMap(({ body, place }) => wordsOf(body).map((word, at) => ({ place, at, word })))
      expect(words.length).toBeGreaterThan(0)
      expect(yield* indexed).toEqual(words)
    })
  )
})

test('a search looks into the index in the order of time, and into messages by their rows', async () => {
  const plans = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const index = yield* sql`EXPLAIN QUERY PLAN SELECT rowid FROM message_search
        WHERE message_search MATCH 'text : "a"' AND rowid >= 1 AND rowid <= 5 ORDER BY rowid DESC LIMIT 5`
      return index.map(row => String(row['detail']))
    })
  )
  // No sorting: what is newest is read first.
  expect(plans).toEqual([expect.stringMatching(/^SCAN message_search VIRTUAL TABLE INDEX .*M.*$/)])
})
