// Times in the texts of events, which are written in UTC.
import { afterAll, expect, test, vi } from 'vitest'

vi.stubEnv('TZ', 'Asia/Kolkata')
afterAll(() => vi.unstubAllEnvs())
const { dateTime } = await import('../../src/console/format.ts')
const { bodyOf, withLocalTimeLines, withLocalTimes } = await import('../../src/console/parts/event-times.ts')

test('the time of an event is that of the reader, in its message and in the list', () => {
  const text = 'Spring fair\n2030-03-17 17:46 UTC – 2030-03-17 20:00 UTC\nThe shop'
  const [from, to] = [dateTime(Date.UTC(2030, 2, 17, 17, 46)), dateTime(Date.UTC(2030, 2, 17, 20))]
  expect(from).toMatch(/\b(11|23):16\b/)
  const local = `Spring fair\n${from} – ${to}\nThe shop`
  expect(withLocalTimes(text)).toBe(local)
  expect(bodyOf({ type: 'event', body: text })).toBe(local)
  expect(bodyOf({ type: 'text', body: text })).toBe(text)
  expect(bodyOf({ type: 'event', body: null })).toBe(null)
  expect(withLocalTimeLines(text)).toBe(local)
})

test('a text that only mentions one stays as it was written, and so does what is no time', () => {
  const mentioned = 'It was 2030-03-17 17:46 UTC'
  expect(withLocalTimeLines(mentioned)).toBe(mentioned)
  for (const text of ['Fair\n2030-13-45 99:99 UTC', 'Fair\n2030-02-01 12:61 UTC'])
    expect([withLocalTimes(text), withLocalTimeLines(text)]).toEqual([text, text])
})
