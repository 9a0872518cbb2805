// What the workers of webhooks wait for.
import { topic } from '../process/wakes.ts'

/** An endpoint has something to deliver. */
export const WEBHOOK = topic('webhook')
/** Endpoints were made, changed or deleted. */
export const WEBHOOKS = topic('webhooks')
