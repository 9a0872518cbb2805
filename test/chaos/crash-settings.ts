// How a server is started that is to end by SIGKILL at a point of crash-points.ts, or whose flushes are followed.
import { join } from 'node:path'

const importing = (file: string): string => `--import=${join(import.meta.dirname, file)}`

/** Settings beside the usual ones; `times` is how often the point is passed before it ends the process. */
export const crashingAt = (point: string, times: number): Record<string, string> => ({
  NODE_OPTIONS: importing('crash-points.ts'),
  CRASH_AT: `${point}:${times}`
})

/** The same settings, and those that make the server write down in a file what is flushed (flushed-log.ts). */
export const withFlushedLog = (
  record: string,
  settings: Readonly<Record<string, string>>
): Record<string, string> => ({
  ...settings,
  NODE_OPTIONS: [settings['NODE_OPTIONS'] ?? '', importing('flushed-log.ts')].join(' ').trim(),
  FLUSHED_LOG: record
})
