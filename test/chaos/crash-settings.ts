// How a server is started that is to end by SIGKILL at a point of crash-points.ts.
import { join } from 'node:path'

/** Settings beside the usual ones; `times` is how often the point is passed before it ends the process. */
export const crashingAt = (point: string, times: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${join(import.meta.dirname, 'crash-points.ts')}`,
  CRASH_AT: `${point}:${times}`
})
