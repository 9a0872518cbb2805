// Numbers, times and sizes as people of the chosen language write them.
import { computed } from '@preact/signals'
import { locale } from './i18n/i18n.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = computed(() => {
  const tag = locale.value
  return {
    number: new Intl.NumberFormat(tag),
    compact: new Intl.NumberFormat(tag, { notation: 'compact' }),
    percent: new Intl.NumberFormat(tag, { style: 'percent' }),
    time: new Intl.DateTimeFormat(tag, { timeStyle: 'short' }),
    clockTime: new Intl.DateTimeFormat(tag, { timeStyle: 'medium' }),
    date: new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }),
    dayOfYear: new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric' }),
    longDate: new Intl.DateTimeFormat(tag, { dateStyle: 'full' }),
    weekday: new Intl.DateTimeFormat(tag, { weekday: 'long' }),
    dateTime: new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }),
    relative: new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }),
    list: new Intl.ListFormat(tag)
  }
})

export const number = (value: number): string => formats.value.number.format(value)
export const compact = (value: number): string => formats.value.compact.format(value)
export const percent = (share: number): string => formats.value.percent.format(share)
export const time = (at: number): string => formats.value.time.format(at)
/** With seconds. */
export const clockTime = (at: number): string => formats.value.clockTime.format(at)
export const date = (at: number): string => formats.value.date.format(at)
export const dateTime = (at: number): string => formats.value.dateTime.format(at)
export const list = (items: ReadonlyArray<string>): string => formats.value.list.format(items)

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** The names of days that are near, dates of those that are not. */
export const day = (at: number, now = Date.now()): string => {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY)
  if (days === 0 || days === 1) return formats.value.relative.format(-days, 'day')
  return days > 1 && days < 7 ? formats.value.weekday.format(at) : formats.value.longDate.format(at)
}

/** In a list: the time today, the day in this week, a date before, with its year where that is another one. */
export const moment = (at: number, now = Date.now()): string => {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY)
  if (days === 0) return time(at)
  if (days > 0 && days < 7) return day(at, now)
  return new Date(at).getFullYear() === new Date(now).getFullYear()
    ? formats.value.dayOfYear.format(at)
    : date(at)
}

/** "3 minutes ago", "in 2 hours". */
export const relative = (at: number, now = Date.now()): string => {
  const ms = at - now
  const size = Math.abs(ms)
  if (size < MINUTE) return formats.value.relative.format(Math.round(ms / 1000), 'second')
  if (size < HOUR) return formats.value.relative.format(Math.round(ms / MINUTE), 'minute')
  if (size < DAY) return formats.value.relative.format(Math.round(ms / HOUR), 'hour')
  return formats.value.relative.format(Math.round(ms / DAY), 'day')
}

/** "4:05" for the length of sound and film. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

export const inDays = (count: number): string =>
  new Intl.NumberFormat(locale.value, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(count)

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

export const fileSize = (bytes: number): string => {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit: UNITS[step] ?? 'byte',
    // "19 byte" is what the short form says.
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1
  }).format(bytes / 1000 ** step)
}

/** A user's address as a person reads it: numbers with a plus, other addresses without their server. */
export const address = (jid: string): string => {
  const [user = jid, server = ''] = jid.split('@')
  const plain = user.split(':')[0] ?? user
  return server === 's.whatsapp.net' ? `+${plain}` : plain
}

/** The address of whom a thread is with. */
export const addressIn = (threadId: string): string => address(threadId.slice(threadId.indexOf('__') + 2))
