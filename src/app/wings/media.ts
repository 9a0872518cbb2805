// Received files: fetched from WhatsApp, kept in a folder or a bucket.
import { join } from 'node:path'
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import * as Bucket from '../../services/firebase/bucket.ts'
import * as MediaFolder from '../../services/media/folder.ts'
import { Media } from '../../services/media/media.ts'
import * as Upkeep from '../../services/media/upkeep.ts'
import type { App } from './firebase.ts'
import { mediaBase } from './whatsapp.ts'

/** An HTTP request for a file is answered within this, file or not: many clients give up after half a minute. */
const LONGEST_WAIT_MS = 25_000

/** In the folder; or in a bucket, with the folder for what is being transferred. */
const files = (config: Config, firebase: App) => {
  const folder = MediaFolder.layer(join(config.DATA_DIR, 'media'))
  return config.FIREBASE_STORAGE_BUCKET === ''
    ? folder
    : Bucket.layer(config.FIREBASE_STORAGE_BUCKET).pipe(Layer.provide(firebase), Layer.provideMerge(folder))
}

export const layer = (config: Config, firebase: App) =>
  Media.layer({
    policy: config.MEDIA_DOWNLOAD,
    recentMs: config.MEDIA_DOWNLOAD_RECENT,
    keptMs: config.MEDIA_KEEP === '' ? Infinity : config.MEDIA_KEEP,
    largest: config.MEDIA_DOWNLOAD_MAX_MB * 1_048_576,
    mediaBase: mediaBase(config),
    waitMs: LONGEST_WAIT_MS
  }).pipe(Layer.provideMerge(files(config, firebase)))

export const upkeep = Upkeep.layer
