// The result of a converter of one kind of content: only the parts it knows; the others stay empty.
import type { proto } from '@whiskeysockets/baileys'
import type { DetailsFact } from '../../../../domain/fact.ts'
import { NO_DETAILS } from '../../../../domain/message.ts'

export const NO_DETAILS_FACT: DetailsFact = { ...NO_DETAILS, mentions: [], event: null }

/** Context (quotes, mentions, view once) is the same for all kinds and added by `contentOf`. */
export interface Parts extends Partial<
  Pick<DetailsFact, 'media' | 'location' | 'contacts' | 'poll' | 'call' | 'answer' | 'album' | 'shortened'>
> {
  readonly type: string
  readonly body?: string | null | undefined
}

type Field = keyof proto.IMessage

/** Converters of one family of messages, by the name of the protobuf field that carries them. */
export type Family = {
  readonly [Name in Field]?: ((content: NonNullable<proto.IMessage[Name]>) => Parts | undefined) | undefined
}

/** The lines that are not empty; `null` when all are. */
export const lines = (...texts: ReadonlyArray<string | null | undefined>): string | null => {
  const present = texts.filter(text => text !== undefined && text !== null && text.trim() !== '')
  return present.length === 0 ? null : present.join('\n')
}

/** An option that a person can choose, as one line. */
export const option = (text: string | null | undefined, more?: string | null): string | undefined =>
  text ? `• ${text}${more ? ` (${more})` : ''}` : undefined
