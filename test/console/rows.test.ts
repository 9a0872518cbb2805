// What a conversation looks like from top to bottom.
import { describe, expect, test } from 'vitest'
import type { Gap, Message } from '../../src/client/index.ts'
import { rowsOf } from '../../src/console/state/rows.ts'

const NOON = new Date(2026, 5, 10, 12).getTime()
const MINUTE = 60_000

const message = (messageId: string, at: number, more: Partial<Message> = {}): Message =>
  ({
    messageId,
    tsClient: at,
    direction: 'inbound',
    sender: 'a',
    type: 'text',
    album: null,
    albumMessageId: null,
    ...more
  }) as Message

const gap = (gapId: number, from: number | null, to: number | null): Gap => ({
  gapId,
  reason: 'outage',
  from,
  to,
  openedAt: 0
})

const shown = (
  messages: ReadonlyArray<Message>,
  gaps: ReadonlyArray<Gap> = [],
  edges = { atOldest: true, atNewest: true }
) =>
  rowsOf({ messages, coverage: { gaps, beginningReached: false }, ...edges }).map(row =>
    row.kind === 'message'
      ? `${row.key}${row.isFirst ? ' first' : ''}${row.parts.length > 0 ? ` of ${row.parts.length}` : ''}`
      : row.kind
  )

test('messages of one writer stand together until somebody else writes, or a while passes', () => {
  expect(
    shown([
      message('1', NOON),
      message('2', NOON + MINUTE),
      message('3', NOON + 2 * MINUTE, { direction: 'outbound', sender: null }),
      message('4', NOON + 3 * MINUTE),
      message('5', NOON + 30 * MINUTE)
    ])
  ).toEqual(['start', 'day', '1 first', '2', '3 first', '4 first', '5 first'])
})

test('every day begins with its name', () => {
  const DAY = 24 * 60 * MINUTE
  expect(shown([message('1', NOON), message('2', NOON + DAY)])).toEqual([
    'start',
    'day',
    '1 first',
    'day',
    '2 first'
  ])
})

describe('what is missing', () => {
  const messages = [message('1', NOON), message('2', NOON + 60 * MINUTE), message('3', NOON + 61 * MINUTE)]

  test('stands between the messages around it', () => {
    expect(shown(messages, [gap(1, NOON, NOON + 60 * MINUTE)])).toEqual([
      'start',
      'day',
      '1 first',
      'gap',
      '2 first',
      '3'
    ])
  })

  test('stands before all, or behind all, where it has no other end', () => {
    expect(shown(messages, [gap(1, null, NOON)])[1]).toBe('gap')
    expect(shown(messages, [gap(1, NOON + 61 * MINUTE, null)]).at(-1)).toBe('gap')
  })

  test('is not shown at the edge of a window that goes on', () => {
    const inside = { atOldest: false, atNewest: false }
    expect(
      shown(messages, [gap(1, null, NOON - MINUTE), gap(2, NOON + 90 * MINUTE, null)], inside)
    ).not.toContain('gap')
  })
})

test('an album has its pictures within it, once it is there', () => {
  const parts = [message('p1', NOON, { albumMessageId: 'al' }), message('p2', NOON, { albumMessageId: 'al' })]
  const album = message('al', NOON, { album: { images: 2, videos: 0 } })
  expect(shown([parts[0]!, album, parts[1]!])).toEqual(['start', 'day', 'al first of 2'])
  expect(shown(parts)).toEqual(['start', 'day', 'p1 first', 'p2'])
})
