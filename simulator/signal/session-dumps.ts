// libsignal prints whole Signal sessions, private keys included, with console.info and console.warn.
// This drops exactly those lines for the process the simulator runs in; every other line passes untouched.

const DUMPS = [
  'Closing session:',
  'Opening session:',
  'Removing old closed session:',
  'Session already closed',
  'Session already open',
  'Closing open session in favor of incoming prekey bundle',
  'Decrypted message with closed session.',
  'Failed to decrypt message with any known session...',
  'Session error:'
]

let silenced = false

export const silenceSessionDumps = (): void => {
  if (silenced) return
  silenced = true
  const sink = globalThis.console
  for (const level of ['info', 'warn', 'error'] as const) {
    const print = sink[level].bind(sink)
    sink[level] = (...line: unknown[]) => {
      const [first] = line
      if (typeof first === 'string' && DUMPS.some(dump => first.startsWith(dump))) return
      print(...line)
    }
  }
}
