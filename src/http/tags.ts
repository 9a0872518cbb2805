// What each group of endpoints is about, for the documentation.

export const TAGS: Readonly<Record<string, string>> = {
  system: 'Probes of the server.',
  metrics: 'Metrics of the server.',
  accounts: 'WhatsApp accounts: creating, linking and controlling them.',
  passkey: 'The passkey that WhatsApp may ask for while an account is linked.',
  linkTickets: 'Links with which the owner of a phone links an account.',
  link: 'What the page of such a link asks; the ticket in the path is the credential.',
  contacts: 'The people an account knows, and who is on WhatsApp.',
  threads: 'Conversations: listing, reading, marking as read, typing.',
  messages: 'Messages: reading those of a thread, and sending.',
  outbox: 'What waits to be sent, and what became of it.',
  media: 'Received files.',
  search: 'Full-text search.',
  export: 'Everything of a thread or an account, as JSON Lines.',
  history: 'How complete the history is, and fetching what is missing.',
  events: 'What happens, as it happens.',
  incidents: 'What a person should know.',
  webhooks: 'Endpoints that are told of events, and what became of each delivery.',
  keys: 'Keys, each for some accounts and with a role.',
  audit: 'Who changed what through the API.',
  personalData: 'What an account has of one person: taken along, and erased.',
  retention: 'What is kept for how long.',
  store: 'Where applications read.',
  inspector: 'The inspector, which shows what accounts do.',
  me: 'What the credential of a request may do.',
  settings: 'The settings in force.'
}
