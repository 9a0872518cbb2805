// From the Firebase console: Project settings → Your apps → Web app.
export const config = {
  apiKey: 'AIza…',
  authDomain: 'your-project.firebaseapp.com',
  projectId: 'your-project'
  // With an emulator, no sign-in is needed:
  // emulator: { host: '127.0.0.1', port: 8080, account: 'acc-…', user: { sub: 'me', backscroll: { role: 'agent', accounts: ['acc-…'] } } }
}
