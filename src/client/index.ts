// `backscroll/client`: a typed client for Node and browsers, which depends on nothing.
export {
  Backscroll,
  type CallOptions,
  type ClientOptions,
  type InputOf,
  type ItemOf,
  type ListId,
  type OperationId,
  type ResultOf
} from './client.ts'
export type * from './contract.ts'
export { BackscrollError, BackscrollUsageError } from './errors.ts'
export type { EventOptions, ServerEvent } from './events.ts'
export { type Delivery, verifyWebhook, WebhookVerificationError } from './webhooks.ts'
