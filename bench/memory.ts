// Loaded into a process whose memory is measured (node --import): on SIGUSR2 everything that is garbage is collected, so that
// two processes are compared by what they hold.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')
process.on('SIGUSR2', () => {
  if (typeof collect === 'function') for (let times = 0; times < 3; times += 1) collect()
})
