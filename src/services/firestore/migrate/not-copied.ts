// What is not in Firestore, and so does not come back from it. Printed after the copy, and in docs/firestore.md.

interface NotCopied {
  readonly what: string
  readonly why: string
}

export const NOT_COPIED: ReadonlyArray<NotCopied> = [
  { what: 'credentials', why: 'they never leave DATA_DIR; link each account again' },
  {
    what: 'received files',
    why: 'documents only say how to fetch them; they are downloaded again when they are asked for'
  },
  {
    what: 'the protobufs of messages with their secrets, and the secrets of edits',
    why: 'keys never leave DATA_DIR; encrypted edits, reactions, votes and answers of messages from before the copy cannot be opened'
  },
  { what: 'encrypted add-ons and other changes that wait for their message', why: 'they are in no document' },
  { what: 'the times of poll votes', why: 'documents have the last choice of each person only' },
  {
    what: 'the admins of groups',
    why: 'they are in no document; WhatsApp tells them when the account is online'
  },
  {
    what: 'the details of coverage',
    why: 'documents have the gaps, and from when on messages are kept; the phone is asked again'
  },
  { what: 'the outbox', why: 'what waited could be sent twice; notSent counts it' },
  { what: 'keys and the audit log', why: 'they never leave DATA_DIR; create keys again' }
]

/** The list as the command prints it. */
export const describeNotCopied = (): string =>
  `Not copied, as it is not in Firestore:\n${NOT_COPIED.map(({ what, why }) => `  ${what}: ${why}`).join('\n')}\n`
