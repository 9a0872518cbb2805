// An example of each resource and of what is sent, for the documentation of the API.
import { EXAMPLES as RESOURCES } from '../domain/examples.ts'
import type { SendRequest } from '../services/outbox/request.ts'

const sendRequest: SendRequest = {
  to: '+15550100200',
  text: 'Yes, it is. Would you like to see it?',
  idempotencyKey: 'order-4711-reply-1'
}

/** By the name of the schema. */
export const EXAMPLES = { ...RESOURCES, SendRequest: sendRequest }
