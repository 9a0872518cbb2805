// Fills Node's compile cache before the tests start their servers: killed ones never write it.
import { runToExit } from '../harness/server-process.ts'

export const setup = async (): Promise<void> => {
  await runToExit({}, ['--help'])
}
