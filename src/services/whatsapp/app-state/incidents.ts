// What a person should know of app state that cannot be read.
import type { IncidentReport } from '../../incidents/incidents.ts'

/** `collection` is WhatsApp's name for it, such as `regular_low`. */
export const unreadableRecords = (accountId: string, collection: string): IncidentReport => ({
  accountId,
  kind: 'appState.unreadableRecord',
  severity: 'warning',
  subject: collection,
  happened: `The phone changed a setting that this server cannot read (${collection})`,
  did: 'Everything else of it was applied; a name, star, label or setting of a chat may be missing here',
  advice: 'Report this with the server version; changing the setting again on the phone sends it again'
})

export const damagedCollection = (accountId: string, collection: string): IncidentReport => ({
  accountId,
  kind: 'appState.damaged',
  severity: 'warning',
  subject: collection,
  happened: `Settings shared by the devices of this account do not add up (${collection}): some may be missing`,
  did: 'Those that can be read were applied, and the phone was asked to send all of them',
  advice: 'Open WhatsApp on the phone and keep it online for a while'
})

export const missingKey = (accountId: string, collection: string): IncidentReport => ({
  accountId,
  kind: 'appState.missingKey',
  severity: 'warning',
  subject: collection,
  happened: `Settings shared by the devices of this account are encrypted with a key that is not known (${collection})`,
  did: 'The phone was asked for the key; they are applied when it comes',
  advice: 'Open WhatsApp on the phone and keep it online for a while'
})
