// Conversations as people have them, for the tests and pictures of the console: every kind of message once, in words that mean something.
import sharp from 'sharp'
import type { Content } from '../../simulator/protocol/messages/written.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'

type Person = Phone['contacts'][number]

/** A hill road at dusk, drawn: no picture of anybody. */
export const landscape = (sky: string, hill: string): Promise<Buffer> => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="640">
    <defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="${sky}"/><stop offset="1" stop-color="#fbe3b8"/></linearGradient></defs>
    <rect width="960" height="640" fill="url(#s)"/>
    <circle cx="690" cy="250" r="64" fill="#fff3d6"/>
    <path d="M0 420 Q240 300 480 400 T960 350 V640 H0Z" fill="${hill}"/>
    <path d="M0 520 Q300 420 560 520 T960 470 V640 H0Z" fill="#2b3a46"/>
    <path d="M360 640 Q470 540 430 500 T520 440" stroke="#f3e7cc" stroke-width="12" fill="none" stroke-linecap="round"/>
  </svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 82 }).toBuffer()
}

const LINES = [
  'Good morning! Is the blue city bike still there?',
  'It is. Would you like to try it?',
  'Yes please. Does it have a basket?',
  'Not this one, but we can put one on for 25 €.',
  'Perfect, and mudguards?',
  'They are included.'
] as const

const HOUR = 3600

/** Somebody and the owner write to each other over some days: `count` messages, the last one a while ago. */
export const chat = async (phone: Phone, person: Person, count: number, until: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    const text = LINES[n % LINES.length] ?? ''
    const timestamp = until - (count - n) * HOUR
    await (n % 2 === 0
      ? phone.receive({ from: person, text, timestamp })
      : phone.send({ to: person, text, timestamp }))
  }
}

/** One conversation with everything that people send; resolves when all of it is on its way. */
export const everyKind = async (
  simulator: Simulator,
  phone: Phone,
  person: Person,
  now: number
): Promise<void> => {
  let at = now - 2 * HOUR
  const next = (): number => (at += 90)
  const receive = (content: Content) => phone.receive({ from: person, timestamp: next(), ...content })
  const asked = await receive({ text: LINES[0] })
  const answer = await phone.send({
    to: person,
    timestamp: next(),
    text: 'It is! *Try it today* if you like: https://rosas-bicycles.example/blue',
    quote: { id: asked.id }
  })
  await receive({ react: answer.id, text: '❤️' })
  const bytes = await landscape('#8fb4d9', '#4d6b57')
  await receive({
    message: simulator.fileMessage({
      kind: 'image',
      mimetype: 'image/jpeg',
      bytes,
      caption: 'We were up here with the old one'
    })
  })
  const wrong = await receive({ text: 'I am coming at five' })
  await receive({ edit: wrong.id, text: 'I am coming at six' })
  const poll = await phone.send({
    to: person,
    timestamp: next(),
    message: {
      pollCreationMessageV3: {
        name: 'Which day suits you for the first service?',
        options: ['Tuesday', 'Thursday', 'Saturday'].map(optionName => ({ optionName })),
        selectableOptionsCount: 1
      }
    }
  })
  await receive({ vote: poll.id, options: ['Saturday'] })
  await receive({
    message: {
      locationMessage: {
        degreesLatitude: 48.1374,
        degreesLongitude: 11.5755,
        name: 'Old town square',
        address: 'Marienplatz 1'
      }
    }
  })
  await receive({
    message: {
      contactMessage: {
        displayName: 'Jonas (mechanic)',
        vcard:
          'BEGIN:VCARD\nVERSION:3.0\nFN:Jonas (mechanic)\nTEL;waid=15550100300:+1 555 010 0300\nEND:VCARD'
      }
    }
  })
  const document = Buffer.from('%PDF-1.4 An invoice')
  await phone.send({
    to: person,
    timestamp: next(),
    message: simulator.fileMessage({
      kind: 'document',
      mimetype: 'application/pdf',
      bytes: document,
      fileName: 'Invoice 2026-118.pdf'
    })
  })
  const gone = await receive({ text: 'Never mind this' })
  await receive({ revoke: gone.id })
  await receive({ text: '🎉' })
}
