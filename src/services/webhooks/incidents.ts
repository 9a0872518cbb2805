// The incidents of an endpoint, and when they are over.
import { Incidents } from '../incidents/incidents.ts'

export const WEBHOOK_INCIDENTS = ['webhook.deadLetter', 'webhook.disabled', 'webhook.eventsMissed'] as const

/** What such an incident tells of is over: the endpoint is active again, was told, gets what was given up, or is deleted. */
export const isOver = (kind: (typeof WEBHOOK_INCIDENTS)[number], webhookId: string) =>
  Incidents.use(incidents => incidents.resolve({ accountId: null, kind, subject: webhookId }))
