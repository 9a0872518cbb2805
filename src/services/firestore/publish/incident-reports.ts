// The incidents that publishing reports.
import { digestOf } from '../../../domain/ids.ts'
import type { IncidentReport } from '../../incidents/incidents.ts'
import { placeOf } from './paths.ts'

/** One incident for both directions: they lose access together. */
export const accessRefused = (what: 'read' | 'write', reason: string): IncidentReport => ({
  accountId: null,
  kind: 'firestore.noAccess',
  severity: 'error',
  subject: 'access',
  happened: `Firestore does not let this server ${what} (${reason})`,
  did: 'Everything waits in this server’s own database, and is written and looked for once access is given',
  advice:
    'Check FIREBASE_PROJECT_ID, FIRESTORE_DATABASE, GOOGLE_APPLICATION_CREDENTIALS, and that the service account has the role Cloud Datastore User'
})

export const UNREACHABLE: IncidentReport = {
  accountId: null,
  kind: 'firestore.unreachable',
  severity: 'error',
  subject: 'reach',
  happened: 'Firestore has accepted nothing for a minute',
  did: 'WhatsApp is not affected; what applications are to see waits in this server’s own database and is written once Firestore answers',
  advice: 'Check the network, and status.cloud.google.com'
}

const describe = (place: ReturnType<typeof placeOf>): string => {
  if (place === undefined) return 'a document of an unknown collection'
  return place.collection === 'messages' ? 'a message' : `a document of ${place.collection}`
}

const threadIdOf = (place: ReturnType<typeof placeOf>): string | undefined => {
  if (place?.collection === 'messages') return place.threadId
  return place?.collection === 'threads' ? place.id : undefined
}

/** A document that is not published as it is now. */
export const documentRefused = (
  path: string,
  is: 'refused' | 'unreadable',
  reason: string
): IncidentReport => {
  const place = placeOf(path)
  const threadId = threadIdOf(place)
  return {
    accountId: threadId?.slice(0, threadId.indexOf('__')) ?? null,
    kind: 'firestore.refused',
    severity: 'error',
    subject: digestOf(path),
    ...(threadId === undefined ? {} : { threadId }),
    ...(place?.collection === 'messages' ? { messageId: place.messageId } : {}),
    happened:
      is === 'refused'
        ? `Firestore does not accept ${describe(place)} (${reason})`
        : `This version cannot read ${describe(place)} (${reason})`,
    did: 'Firestore keeps its previous version until it changes here or the server restarts; other documents are not affected',
    advice: 'Report it with the version of this server'
  }
}
