// npm hands a signal to the shell that it starts a command with, and a shell ends without handing it on: `npx node src/main.ts`
// would leave the server behind, with its port and its lock. So a server that npm has started ends with its parent.

type Environment = Readonly<Record<string, string | undefined>>

const CHECK_MS = 250
/** Of whatever has no parent any more. */
const INIT = 1

/** Whether npm runs this process, for this project. What npm starts of others may be meant to stay. */
const isRunByNpm = ({ npm_lifecycle_event: event, npm_package_name: name }: Environment): boolean =>
  event !== undefined && name === 'backscroll'

/** Calls `onGone` once, when this process has lost the parent that it was started by. */
export const watchStarter = (environment: Environment, onGone: () => void): void => {
  const parent = process.ppid
  if (!isRunByNpm(environment) || parent === INIT) return
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onGone()
  }, CHECK_MS).unref()
}
