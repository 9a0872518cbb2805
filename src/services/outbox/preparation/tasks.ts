// What is prepared of a file, by its type; run in a thread of its own.
import type { MediaType } from '../../../domain/outbox.ts'
import type { MediaExtras, Prepared } from './extras.ts'
import { describeImage, type ImageSource, makeSticker } from './image.ts'
import { describeAudio, describeVideo } from './recording.ts'
import { prepareVoice } from './voice/voice.ts'

export type PreparationTask =
  | { readonly type: Exclude<MediaType, 'document'>; readonly path: string }
  /** The picture of a link's page. */
  | { readonly type: 'preview'; readonly content: Uint8Array }

const described = async (extras: Promise<MediaExtras>): Promise<Prepared> => ({ extras: await extras })

const imageOf = (task: PreparationTask): ImageSource => ('path' in task ? task.path : task.content)

/** Rejects when the file cannot be read as what it is sent as. */
export const perform = (task: PreparationTask): Promise<Prepared> => {
  switch (task.type) {
    case 'image':
    case 'preview':
      return described(describeImage(imageOf(task), task.type))
    case 'sticker':
      return makeSticker(task.path)
    case 'video':
      return described(describeVideo(task.path))
    case 'audio':
      return described(describeAudio(task.path))
    case 'voice':
      return prepareVoice(task.path)
  }
}
