// Why a file cannot be returned, as a problem that says what to do.
import type { MediaWaits, OpenError } from '../../../services/media/outcomes.ts'
import {
  MediaBroken,
  MediaGoneForGood,
  MediaNotTaken,
  MediaOnItsWay,
  NotFound,
  StoreUnavailable
} from '../../problems.ts'

const WAITING: Readonly<Record<MediaWaits['for'], string>> = {
  transfer:
    'The file is still being transferred from WhatsApp. Try again in a minute; the transfer continues where it is',
  phone:
    'WhatsApp no longer has the file, and the phone was asked for it but has not answered. Open WhatsApp on the phone and try again later; the file is fetched when the phone answers',
  connection:
    'WhatsApp no longer has the file, and the phone cannot be asked while the account is offline. Connect the account and try again later; the phone is asked then'
}

export const problemOf = (error: OpenError) => {
  switch (error._tag) {
    case 'NoMedia':
      return new NotFound({ detail: 'The message has no file, or none that can be fetched' })
    case 'MediaOff':
      return new MediaNotTaken({
        detail: 'This server does not download media. Set MEDIA_DOWNLOAD to on-demand, recent or all'
      })
    case 'MediaTooLarge':
      return new MediaNotTaken({
        detail: 'The file is larger than this server downloads. Raise MEDIA_DOWNLOAD_MAX_MB'
      })
    case 'MediaGone':
      return new MediaGoneForGood({ detail: 'Neither WhatsApp nor the phone has the file any longer' })
    case 'MediaWaits':
      return new MediaOnItsWay({ detail: WAITING[error.for] })
    case 'MediaCorrupt':
      return new MediaBroken({
        detail: `WhatsApp and the phone returned something that is not the file of this message: ${error.reason}`
      })
    case 'MediaUnavailable':
      return new MediaBroken({
        detail: `WhatsApp did not return the file: ${error.reason}. The server retries automatically; try again later`
      })
    case 'MediaStorageError':
    case 'DatabaseError':
      return new StoreUnavailable({ detail: 'The disk or the database failed; GET /v1/incidents says why' })
  }
}
