// What a generated message contains: its kind drawn by weight, its text, the files and quotes in it.
import { createHash } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { emoji, personName, sentence } from './text.ts'
import type { FileKind } from '../media/encryption.ts'
import type { MediaFile } from '../media/pool.ts'
import type { Random } from '../random.ts'

/** How often each kind comes, as weights; kinds that are not named do not come. */
export interface KindWeights {
  readonly text?: number | undefined
  readonly image?: number | undefined
  readonly video?: number | undefined
  readonly audio?: number | undefined
  readonly document?: number | undefined
  readonly sticker?: number | undefined
  readonly location?: number | undefined
  readonly contact?: number | undefined
  readonly poll?: number | undefined
  readonly revoked?: number | undefined
}

export type Kind = keyof KindWeights

export const defaultKinds = (mediaShare = 0.08): KindWeights => {
  const rest = 1 - mediaShare
  return {
    text: rest * 0.955,
    location: rest * 0.01,
    contact: rest * 0.01,
    poll: rest * 0.01,
    revoked: rest * 0.015,
    image: mediaShare * 0.4,
    video: mediaShare * 0.15,
    audio: mediaShare * 0.15,
    document: mediaShare * 0.15,
    sticker: mediaShare * 0.15
  }
}

export class KindPicker {
  private readonly steps: { kind: Kind; until: number }[] = []
  private readonly total: number

  constructor(weights: KindWeights) {
    let sum = 0
    for (const [kind, weight] of Object.entries(weights)) {
      if (!(Number(weight) > 0)) continue
      sum += Number(weight)
      this.steps.push({ kind: kind as Kind, until: sum })
    }
    if (sum === 0) this.steps.push({ kind: 'text', until: 1 })
    this.total = sum || 1
  }

  pick(random: Random): Kind {
    const roll = random.next() * this.total
    return this.steps.find(({ until }) => roll < until)?.kind ?? 'text'
  }
}

export interface GeneratedContent {
  readonly kind: Kind
  readonly text?: string | undefined
  readonly message?: proto.IMessage
  readonly quotedId?: string | undefined
  readonly edited?: boolean
  readonly reaction?: string | undefined
}

interface Surroundings {
  readonly index: number
  readonly media: (kind: FileKind) => MediaFile & { url: string }
  /** The context of an earlier message, by its index. */
  readonly quote: (index: number) => proto.IContextInfo | undefined
}

const QUOTED = 0.1
const EDITED = 0.02
const REACTED = 0.06

export const generateContent = (
  kinds: KindPicker,
  random: Random,
  around: Surroundings
): GeneratedContent => {
  const kind = kinds.pick(random)
  if (kind === 'revoked') return { kind }
  const body = bodyOf(kind, random, around)
  const edited = kind === 'text' && random.chance(EDITED)
  const reaction = random.chance(REACTED) ? emoji(random) : undefined
  return { kind, ...body, edited, reaction }
}

const bodyOf = (
  kind: Exclude<Kind, 'revoked'>,
  random: Random,
  around: Surroundings
): Omit<GeneratedContent, 'kind'> => {
  switch (kind) {
    case 'text':
      return textBody(random, around)
    case 'image':
    case 'video': {
      const text = random.chance(0.5) ? sentence(random) : undefined
      const file = { ...around.media(kind), ...(text === undefined ? {} : { caption: text }) }
      const message: proto.IMessage =
        kind === 'image'
          ? { imageMessage: { ...file, width: 8, height: 8 } }
          : { videoMessage: { ...file, seconds: 3 } }
      return { text, message }
    }
    case 'audio':
      return { message: { audioMessage: { ...around.media(kind), seconds: 4, ptt: random.chance(0.7) } } }
    case 'document': {
      const text = `report-${around.index}.pdf`
      return { text, message: { documentMessage: { ...around.media(kind), fileName: text, pageCount: 1 } } }
    }
    case 'sticker':
      return { message: { stickerMessage: { ...around.media(kind), width: 1, height: 1 } } }
    case 'location': {
      const text = sentence(random)
      const degreesLatitude = random.next() * 180 - 90
      const degreesLongitude = random.next() * 360 - 180
      return { text, message: { locationMessage: { degreesLatitude, degreesLongitude, name: text } } }
    }
    case 'contact': {
      const text = personName(random)
      const vcard = `BEGIN:VCARD\nVERSION:3.0\nFN:${text}\nTEL;type=CELL:+${random.digits(11)}\nEND:VCARD`
      return { text, message: { contactMessage: { displayName: text, vcard } } }
    }
    case 'poll': {
      const text = sentence(random)
      const options = [sentence(random), sentence(random)].map((name, place) => ({
        optionName: `${place + 1} ${name}`
      }))
      const secret = createHash('sha256').update(`${around.index}/${text}`).digest()
      return {
        text,
        message: {
          pollCreationMessageV3: { name: text, options, selectableOptionsCount: 1 },
          messageContextInfo: { messageSecret: secret }
        }
      }
    }
  }
}

const textBody = (random: Random, around: Surroundings): Omit<GeneratedContent, 'kind'> => {
  const text = sentence(random)
  const quotes = around.index > 0 && random.chance(QUOTED)
  const back = quotes ? random.between(1, Math.min(around.index, 20) + 1) : 0
  const contextInfo = quotes ? around.quote(around.index - back) : undefined
  if (contextInfo) {
    return {
      text,
      quotedId: contextInfo.stanzaId ?? undefined,
      message: { extendedTextMessage: { text, contextInfo } }
    }
  }
  return {
    text,
    message: quotes || random.chance(0.2) ? { extendedTextMessage: { text } } : { conversation: text }
  }
}
