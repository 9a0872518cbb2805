// The console: starts what it follows, and draws.
import { options, render } from 'preact'
import { App } from './app.tsx'
import { startLanguage } from './i18n/i18n.ts'
import { resume } from './session.ts'
import { startAccounts } from './state/accounts.ts'
import { startEvents } from './state/live.ts'
import { startThreadNames } from './state/thread-names.ts'
import { startTheme } from './theme.ts'
import { tellTrouble } from './toasts.ts'

// Effects come right after what they follow, not after the next picture, which may take a tenth of a second: whoever goes on typing types
// where the focus is by then.
options.requestAnimationFrame = effects => setTimeout(effects)

startTheme()
startAccounts()
startEvents()
startThreadNames()
await startLanguage()
await resume().catch(tellTrouble)
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
