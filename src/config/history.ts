// What is kept of WhatsApp: statuses, and history, with what the phone is asked for.
import { boolean, DURATION, duration, KEEPING, keeping, positiveDuration, setting, whole } from './setting.ts'

export const historySettings = {
  MESSAGES_KEEP: setting({
    default: '',
    allowed: KEEPING,
    meaning:
      'Maximum age of messages. Older ones are removed with everything that belongs to them, and not fetched from the phone again. Try it first with POST /v1/retention/dry-run',
    decode: keeping
  }),
  WHATSAPP_KEEP_STATUSES: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Keep the statuses of contacts and of the owner, in a thread of kind status. They stay stored after the 24 hours for which WhatsApp shows them',
    decode: boolean
  }),
  WHATSAPP_POST_STATUSES: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Let applications post statuses: to status@broadcast, for the people in the owner’s address book whom the owner shows statuses',
    decode: boolean
  }),
  WHATSAPP_SYNC_FULL_HISTORY: setting({
    default: 'true',
    allowed: 'true or false',
    meaning: 'Ask the phone for its full history when a device is linked, not only for the recent part',
    decode: boolean
  }),
  WHATSAPP_BACKFILL_COUNT: setting({
    default: '100',
    allowed: 'a whole number from 0 to 1000000; 0 fetches everything, to the beginning',
    meaning:
      'Number of older messages per thread that are fetched from the phone automatically, in addition to the history it sends after linking. Known gaps are always filled, whatever their length',
    decode: whole(0, 1_000_000)
  }),
  WHATSAPP_BACKFILL_THREADS: setting({
    default: '50',
    allowed: 'a whole number from 0 to 100000; 0 fetches no older messages automatically',
    meaning:
      'Number of threads for which older messages are fetched automatically, most recently active first',
    decode: whole(0, 100_000)
  }),
  WHATSAPP_HISTORY_SYNC_DRY_RUN: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Dry run: download and read history, count per thread what would be stored, and store none of it. Live messages are stored. After a restart without this setting the server stores the history that the phone sent after linking, and requests older pages again',
    decode: boolean
  }),
  BACKFILL_TIMEOUT: setting({
    default: '1m',
    allowed: DURATION,
    meaning: 'How long to wait for the phone’s answer to a request for older messages',
    decode: positiveDuration
  }),
  BACKFILL_RETRY_MAX: setting({
    default: '1h',
    allowed: DURATION,
    meaning:
      'Longest wait before a phone that did not answer is asked again. The wait starts at one minute and doubles',
    decode: positiveDuration
  }),
  BACKFILL_DELAY: setting({
    default: '30s',
    allowed: DURATION,
    meaning:
      'How long to wait after linking, or after the last history chunk, before older messages are requested. There is no wait once the phone reports that it has sent everything',
    decode: duration
  }),
  OFFLINE_QUEUE: setting({
    default: '336h',
    allowed: DURATION,
    meaning:
      'How long WhatsApp reliably keeps messages for an account that is offline. After a longer absence every thread gets a gap, which is filled from the phone',
    decode: positiveDuration
  })
}
