// Messages whose fields no well-meaning client writes: control characters, direction marks, megabytes, thousands of parts, numbers that are
// none. Made anew each time, as some are large.
import type { proto } from '@whiskeysockets/baileys'

/** Not seen, and between the letters of a word: zero-width space, direction marks and overrides, word joiner, soft hyphen, NUL. */
export const UNSEEN = '\u200b\u202e\u2066\u2060\u00ad\u0000\u202c\u2069\u200c'

/** The word with something that is not seen between each two letters. */
export const hidden = (word: string): string => Array.from(word).join(UNSEEN)

/** In each text, so that a search for it finds all. */
export const FINDABLE = 'quokka'

const CONTROLS = '\u0000\u0001\u0007\u001b[31m\u007f\u0085\u2028\r\n\ud800'
const hostileText = `${CONTROLS}\u202egnp.exe ${hidden(FINDABLE)} \u2067`
const megabyte = `${hidden(FINDABLE)} ${'m'.repeat(1_000_000)}`

const nested = (depth: number): proto.IMessage =>
  depth === 0
    ? { conversation: hostileText }
    : {
        extendedTextMessage: {
          text: `${depth}`,
          contextInfo: { stanzaId: `Q${depth}`, participant: '@', quotedMessage: nested(depth - 1) }
        }
      }

const many = <A>(count: number, make: (n: number) => A): Array<A> =>
  Array.from({ length: count }, (_, n) => make(n))

const document = (fileName: string): proto.IMessage => ({
  documentMessage: {
    fileName,
    caption: hostileText,
    mimetype: `application/pdf\r\nx-evil: 1${'m'.repeat(5000)}`,
    directPath: `/v/${'p'.repeat(10_000)}`,
    mediaKey: new Uint8Array(32)
  }
})

const place = (degreesLatitude: number, degreesLongitude: number): proto.IMessage => ({
  locationMessage: { degreesLatitude, degreesLongitude, name: hostileText, address: megabyte }
})

export const HOSTILE_CONTENT: Readonly<Record<string, () => proto.IMessage>> = {
  text: () => ({ conversation: hostileText }),
  megabyteText: () => ({ extendedTextMessage: { text: megabyte } }),
  mentions: () => ({
    extendedTextMessage: {
      text: `${hidden(FINDABLE)} @1`,
      contextInfo: {
        mentionedJid: many(10_000, n => (n % 2 === 0 ? `${n}0000000@s.whatsapp.net` : `@${UNSEEN}${n}@@lid`))
      }
    }
  }),
  quotes: () => nested(50),
  caption: () => ({ imageMessage: { caption: megabyte, mimetype: 'image/jpeg' } }),
  pathTraversal: () => document(`../../../etc/passwd${CONTROLS} ${hidden(FINDABLE)}`),
  reservedName: () => document(`CON.${hidden(FINDABLE)}.\u202excod.exe`),
  megabyteName: () => document(megabyte),
  contact: () => ({
    contactMessage: { displayName: hostileText, vcard: `BEGIN:VCARD\nFN:${megabyte}\nEND:VCARD` }
  }),
  contacts: () => ({
    contactsArrayMessage: {
      contacts: many(2000, n => ({
        displayName: `${hidden(FINDABLE)} ${n}`,
        vcard: `FN:${n}\nTEL:${'9'.repeat(2000)}`
      }))
    }
  }),
  notANumber: () => place(Number.NaN, 0),
  infinite: () => place(0, Number.POSITIVE_INFINITY),
  outsideOfTheGlobe: () => place(91, 181),
  poll: () => ({
    pollCreationMessageV3: {
      name: megabyte,
      options: many(10_000, n => ({ optionName: `${hidden(FINDABLE)} ${n}` }))
    }
  }),
  list: () => ({
    listMessage: {
      title: hostileText,
      description: megabyte,
      sections: many(1000, n => ({
        title: `${n}`,
        rows: many(300, row => ({ title: `${row}`, rowId: `${row}` }))
      }))
    }
  }),
  answer: () => ({
    listResponseMessage: { title: megabyte, singleSelectReply: { selectedRowId: megabyte } }
  })
}
