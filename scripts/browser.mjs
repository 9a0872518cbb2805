// The page tests look through a real browser: Debian's chromium, which is installed here where that is possible.
// Without one those tests are skipped, and say so.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const run = (command, args) =>
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'] }).status === 0

if (!existsSync(CHROMIUM)) {
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && run('apt-get', ['--version'])
  if (mayInstall) {
    process.stderr.write('backscroll set-up: installing chromium for the page tests …\n')
    const install = ['install', '-y', '-qq', '--no-install-recommends', 'chromium']
    if (!run('apt-get', install) && run('apt-get', ['update', '-qq'])) run('apt-get', install)
  }
  if (!existsSync(CHROMIUM))
    process.stderr.write(
      'backscroll set-up: no chromium here, so the page tests are skipped. Debian: apt-get install chromium. Elsewhere: CHROMIUM=/path/to/chromium npm test\n'
    )
}
