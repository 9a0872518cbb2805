// What must not be read where it does not belong: keys, words of messages, numbers, and where in the code something failed.

export interface Secrets {
  /** Nobody may ever read them. */
  readonly keys: ReadonlyArray<string>
  /** Only who may read the account; never in a log, a metric or an error. */
  readonly words: ReadonlyArray<string>
  /** Phone numbers and LIDs: never in a log or a metric, and in an error only if the request named it. */
  readonly numbers: ReadonlyArray<string>
}

const STACK = /\bat [^\n]{0,200}(?:\.[cm]?[jt]s:\d+|node:internal)/

/** The same as a JSON text has it: a line break in it is escaped. */
const stackIn = (text: string): string | undefined => STACK.exec(text)?.[0].slice(0, 200)

/** What an answer tells that it must not; `request` is all that was asked. */
export const leaksInAnswer = (
  secrets: Secrets,
  answer: {
    readonly status: number
    readonly text: string
    readonly request: string
    readonly mayRead: boolean
  }
): ReadonlyArray<string> => {
  const { mayRead, request, status, text } = answer
  const isError = status >= 400
  const found = secrets.keys.filter(key => text.includes(key) && !request.includes(key)).map(() => 'a key')
  if (isError || !mayRead)
    found.push(
      ...secrets.words
        .filter(word => text.includes(word) && !request.includes(word))
        .map(word => `the words ${word}`)
    )
  if (isError)
    found.push(
      ...secrets.numbers
        .filter(number => text.includes(number) && !request.includes(number))
        .map(number => `the number ${number}`)
    )
  const stack = isError ? stackIn(text) : undefined
  return stack === undefined ? found : [...found, `a stack: ${stack}`]
}

/** What a log or metrics tell that they must not, with the line. */
export const leaksInLines = (secrets: Secrets, text: string): ReadonlyArray<string> => {
  const forbidden = [...secrets.keys, ...secrets.words, ...secrets.numbers]
  return text.split('\n').flatMap(line => {
    const secret = forbidden.find(one => line.includes(one))
    if (secret !== undefined) return [`${secret} in: ${line.slice(0, 500)}`]
    return stackIn(line) === undefined ? [] : [`a stack in: ${line.slice(0, 800)}`]
  })
}
