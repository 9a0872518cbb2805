// The thread in which files are prepared: pictures and recordings are decoded here, and a file that takes too long ends
// with its thread.
import type { Prepared } from './extras.ts'
import type { PreparationTask } from './tasks.ts'

/** The libraries are loaded with the first task, which then tells it if one cannot be. */
export default async (task: PreparationTask): Promise<Prepared> => {
  const { perform } = await import('./tasks.ts')
  return perform(task)
}
