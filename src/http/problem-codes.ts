// The code of every refusal, with its status and its title. A code keeps its meaning; docs/errors.md has a section for each.

export const PROBLEMS = {
  'bad-field': { status: 400, title: 'Bad Request' },
  'body-too-large': { status: 413, title: 'The request body is too large' },
  'expectation-failed': { status: 417, title: 'The header Expect has another value than 100-continue' },
  forbidden: { status: 403, title: 'Access denied' },
  'foreign-origin': { status: 403, title: 'Pages of other sites must not change anything' },
  'headers-too-large': { status: 431, title: 'The address and the headers are larger than 16 KiB' },
  'idempotency-key-reused': { status: 409, title: 'This idempotency key was used for another message' },
  'inspector-off': { status: 409, title: 'The inspector is switched off' },
  internal: { status: 500, title: 'Internal error; the log of the server has the details' },
  'media-gone': { status: 410, title: 'The file no longer exists' },
  'media-not-taken': { status: 422, title: 'This server does not download the file' },
  'media-on-its-way': { status: 503, title: 'The file is not available yet; try again later' },
  'media-unavailable': { status: 502, title: 'The file could not be fetched from WhatsApp' },
  'method-not-allowed': { status: 405, title: 'The path does not support this method' },
  'no-endpoint': { status: 404, title: 'There is no endpoint at this path' },
  'no-socket': { status: 404, title: 'No other protocol is spoken at this path' },
  'not-found': { status: 404, title: 'Not found' },
  'not-sent': { status: 422, title: 'The message was not sent' },
  'not-waiting': { status: 409, title: 'The outbox entry is no longer queued' },
  'pairing-refused': { status: 409, title: 'WhatsApp did not link the account' },
  'person-unknown': { status: 404, title: 'The account has nothing about this person' },
  'rate-limited': { status: 429, title: 'The key has made too many requests' },
  'request-too-slow': { status: 408, title: 'The request did not arrive in time' },
  'session-in-use': { status: 409, title: 'This session is used already' },
  'session-unusable': { status: 422, title: 'This session cannot be taken over' },
  'store-unavailable': { status: 503, title: 'The database is unavailable' },
  'too-many-keys': { status: 409, title: 'There are too many keys' },
  'too-many-webhooks': { status: 409, title: 'There are too many webhooks' },
  unauthorized: { status: 401, title: 'Authentication is required' },
  'unreadable-request': { status: 400, title: 'The request cannot be read' },
  'unsupported-media-type': { status: 415, title: 'The content type of the body is not supported' },
  'upgrade-required': { status: 426, title: 'This is a WebSocket' },
  'whatsapp-silent': { status: 503, title: 'WhatsApp does not answer; try again later' },
  'wrong-host': { status: 421, title: 'The server does not have this name' },
  'wrong-state': { status: 409, title: 'Not possible in the current state of the account' }
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** The `type` of a problem: its code as a URN. */
export const problemType = <const Code extends ProblemCode>(code: Code) =>
  `urn:backscroll:problem:${code}` as const
