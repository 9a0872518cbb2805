// JSON as the stores of other servers hold it: bytes in one of three forms, and values that were encoded twice.
import { Option } from 'effect'

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

const isByte = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255

/** Bytes as Baileys (base64), Node (a list) or plain JSON of a typed array (`{"0":1,"1":2}`) write them. */
const bytesIn = (value: unknown): Buffer | undefined => {
  if (!isObject(value)) return undefined
  const { data, type, ...rest } = value
  if (type === 'Buffer' && Object.keys(rest).length === 0) {
    if (typeof data === 'string') return Buffer.from(data, 'base64')
    return Array.isArray(data) && data.every(isByte) ? Buffer.from(data) : undefined
  }
  const bytes = Object.values(value)
  const isTypedArray =
    bytes.length > 0 && bytes.every(isByte) && Object.keys(value).every((key, place) => key === String(place))
  return isTypedArray ? Buffer.from(bytes) : undefined
}

/** The value, or the bytes that it stands for. */
export const revived = (value: unknown): unknown => bytesIn(value) ?? value

const revive = (_key: string, value: unknown): unknown => revived(value)

/** `none` when the text is not JSON. */
export const parseJson: (text: string) => Option.Option<unknown> = Option.liftThrowable(
  (text: string): unknown => JSON.parse(text, revive)
)

/** One JSON value a line, as databases export their rows; `none` when a line is not JSON. */
export const parseJsonLines = (text: string): Option.Option<ReadonlyArray<unknown>> =>
  Option.all(
    text
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(parseJson)
  )

const MOST_TIMES_ENCODED = 3

/** A value that a column or a hash holds as text; one that is no JSON stays a text. */
export const unwrapJson = (value: unknown): unknown => {
  let unwrapped = value
  for (let times = 0; times < MOST_TIMES_ENCODED; times += 1) {
    if (typeof unwrapped !== 'string' || !/^\s*["[{]/.test(unwrapped)) break
    const parsed = parseJson(unwrapped)
    if (Option.isNone(parsed)) break
    unwrapped = parsed.value
  }
  return unwrapped
}
