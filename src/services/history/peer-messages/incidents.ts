// What a person is told about peer messages that cannot be decrypted: one incident an account for those that are asked for, and
// one for those that were given up, each with a count.
import type { IncidentReport } from '../../incidents/incidents.ts'

export const messageUndecryptable = (accountId: string): IncidentReport => ({
  accountId,
  kind: 'peerMessage.undecryptable',
  severity: 'warning',
  subject: accountId,
  happened:
    'A message of the own phone to this device could not be decrypted. It may announce history, share a key or answer a request',
  did: 'Asked the phone to send it again; until it is there, the threads may lack messages',
  advice: 'Open WhatsApp on the phone'
})

export const messageLost = (accountId: string): IncidentReport => ({
  accountId,
  kind: 'peerMessage.lost',
  severity: 'error',
  subject: accountId,
  happened:
    'A message of the own phone to this device could not be decrypted, and the phone did not send it again',
  did: 'Gave it up. If it came with the first history, what it may have announced is a gap of each thread and is asked for page by page',
  advice:
    'Open WhatsApp on the phone. If messages stay missing, link the account again to have the phone send its history anew'
})
