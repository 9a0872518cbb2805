// Words for generated messages: several languages, right-to-left scripts, emoji with joiners and skin tones.
import type { Random } from '../random.ts'

const WORDS: readonly [string, ...string[]] = [
  'hello', 'tomorrow', 'coffee', 'train', 'meeting', 'garden', 'we should', 'maybe', 'photo', 'dinner', 'the keys',
  'call me', 'later', 'great', 'thanks', 'project', 'rain', 'Montag', 'vielleicht', 'Schlüssel', 'demain', 'déjà', 'où',
  'mañana', 'corazón', 'amanhã', 'coração', 'завтра', 'привет', 'ありがとう', '明天见', '회의', 'καλημέρα'
] // prettier-ignore
const RIGHT_TO_LEFT: readonly [string, ...string[]] = [
  'مرحبا', 'غداً', 'شكراً جزيلاً', 'أين أنت؟', 'שלום', 'מחר בבוקר', 'תודה רבה', 'الساعة 5:30', 'בוא נדבר'
] // prettier-ignore
const EMOJI: readonly [string, ...string[]] = [
  '😀', '👍🏽', '❤️', '👩‍👩‍👧‍👦', '🏳️‍🌈', '🎉', '😂', '🤷🏿‍♀️', '🇩🇪', '🔥', '🙏', '☕️'
] // prettier-ignore
const FIRST_NAMES: readonly [string, ...string[]] = [
  'Ana', 'Bilal', 'Chiara', 'Dmitri', 'Elif', 'Farid', 'Grace', 'Hanna', 'Ivan', 'Julia', 'Kofi', 'Lena', 'Mateo', 'Noor',
  'Olga', 'Paulo', 'Quinn', 'Rosa', 'Sami', 'Tariq', 'Uma', 'Vera', 'Wei', 'Ximena', 'Yael', 'Zoë', 'محمد', 'ליאור', 'さくら'
] // prettier-ignore
const LAST_NAMES: readonly [string, ...string[]] = [
  'Ahmadi', 'Brandt', 'Costa', 'Dubois', 'Eriksson', 'Fischer', 'García', 'Haddad', 'Ito', 'Jansen', 'Kim', 'López',
  'Müller', 'Novak', "O'Neill", 'Petrov', 'Rossi', 'Silva', 'Tanaka', 'Weber', 'Yılmaz'
] // prettier-ignore
const GROUP_NAMES: readonly [string, ...string[]] = [
  'Family', 'Weekend trip', 'Book club', 'Flat 4B', 'Football ⚽️', 'Office', 'Parents 2b', 'العائلة', 'Choir', 'Running'
] // prettier-ignore

export const personName = (random: Random): string => `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`

export const groupName = (random: Random): string => `${random.pick(GROUP_NAMES)} ${random.between(1, 100)}`

export const emoji = (random: Random): string => random.pick(EMOJI)

export const sentence = (random: Random): string => {
  const words: string[] = []
  const length = random.between(1, 12)
  const rightToLeft = random.chance(0.08)
  for (let i = 0; i < length; i++) words.push(random.pick(rightToLeft ? RIGHT_TO_LEFT : WORDS))
  if (random.chance(0.15)) words.push(random.pick(EMOJI))
  if (random.chance(0.02)) return random.pick(EMOJI)
  if (random.chance(0.03)) words.splice(Math.floor(words.length / 2), 0, '\n')
  return words.join(' ')
}
