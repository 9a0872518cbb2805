// The frame of the console: who is signed in, where one can go, and the screen of the present address.
import { Redirect, Route, Router, Switch } from 'wouter-preact'
import { useHashLocation } from 'wouter-preact/use-hash-location'
import { Connection } from './connection.tsx'
import { Navigation } from './navigation.tsx'
import { Forbidden } from './parts/gone.tsx'
import { Toasts } from './parts/toasts.tsx'
import { accountsPath, decoded } from './routes.ts'
import { AccountsScreen } from './screens/accounts/list.tsx'
import { ActivityScreen } from './screens/activity/screen.tsx'
import { ChatsScreen } from './screens/conversations/screen.tsx'
import { SettingsScreen } from './screens/settings.tsx'
import { SignIn } from './screens/sign-in.tsx'
import { may, session } from './session.ts'
import { ShortcutHelp } from './shortcuts.tsx'

const Screens = () => (
  <Switch>
    <Route path="/">
      <AccountsScreen />
    </Route>
    <Route path="/accounts/:accountId">
      {({ accountId }) => <AccountsScreen opened={decoded(accountId)} />}
    </Route>
    <Route path="/activity/:tab?">{({ tab }) => <ActivityScreen tab={tab} />}</Route>
    <Route path="/settings">{may('admin') ? <SettingsScreen /> : <Forbidden />}</Route>
    <Route path="/chats/:accountId?/:threadId?/:place?">
      {({ accountId, place, threadId }) => (
        <ChatsScreen accountId={decoded(accountId)} threadId={decoded(threadId)} place={decoded(place)} />
      )}
    </Route>
    <Route>
      <Redirect to={accountsPath} />
    </Route>
  </Switch>
)

export const App = () => (
  <Router hook={useHashLocation}>
    {session.value === undefined ? (
      <SignIn />
    ) : (
      <div class="frame">
        <Navigation />
        <Connection />
        <main id="main" class="screen" tabIndex={-1}>
          <Screens />
        </main>
        <ShortcutHelp />
      </div>
    )}
    <Toasts />
  </Router>
)
