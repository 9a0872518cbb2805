// Files: those that are sent, and which received ones are downloaded.
import { age, boolean, KEEPING, keeping, oneOf, setting, whole } from './setting.ts'

export const mediaSettings = {
  MEDIA_MAX_MB: setting({
    default: '64',
    allowed: 'a whole number from 1 to 2000',
    meaning: 'Largest file that can be sent, in MiB. WhatsApp accepts up to 2000 as a document',
    decode: whole(1, 2000)
  }),
  MEDIA_URL_PRIVATE: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Also fetch files to send from private addresses, such as a server in the same network. Anyone with the API key can then read what this machine can reach',
    decode: boolean
  }),
  LINK_PREVIEWS: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Texts that are sent carry a preview of their first link. Its page and its picture are fetched for that, so their servers see this one',
    decode: boolean
  }),
  MEDIA_DOWNLOAD: setting({
    default: 'on-demand',
    allowed: 'none, on-demand, recent or all',
    meaning:
      'Which received files are downloaded: none, only requested ones (on-demand), also recent ones automatically (recent), or all',
    decode: oneOf('none', 'on-demand', 'recent', 'all')
  }),
  MEDIA_DOWNLOAD_RECENT: setting({
    default: '30d',
    allowed: 'a whole number with its unit, 12h or 30d, at most 99999d',
    meaning: 'Maximum age of messages whose files are downloaded automatically with MEDIA_DOWNLOAD=recent',
    decode: age
  }),
  MEDIA_KEEP: setting({
    default: '',
    allowed: KEEPING,
    meaning:
      'Maximum age of messages whose files are kept. Older files are removed, and downloaded again only for who asks for them',
    decode: keeping
  }),
  MEDIA_DOWNLOAD_MAX_MB: setting({
    default: '100',
    allowed: 'a whole number from 1 to 2000',
    meaning: 'Largest file that is downloaded, in MiB',
    decode: whole(1, 2000)
  })
}
