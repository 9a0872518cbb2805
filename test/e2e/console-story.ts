// Conversations as people have them, for the tests and pictures of the console: every kind of message once, in words that mean something.
import sharp from 'sharp'
import type { Content } from '../../simulator/protocol/messages/written.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'

type Person = Phone['contacts'][number]

type Colour = readonly [red: number, green: number, blue: number]

const WIDTH = 960
const HEIGHT = 640
const HORIZON: Colour = [251, 227, 184]
const MEADOW: Colour = [43, 58, 70]
const SUN: Colour = [255, 243, 214]

const colourOf = (hex: string): Colour => [
  parseInt(hex.slice(1, 3), 16),
  parseInt(hex.slice(3, 5), 16),
  parseInt(hex.slice(5, 7), 16)
]

const between = (from: Colour, to: Colour, share: number): Colour => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share
]

/** Hills at dusk, drawn pixel by pixel: no picture of anybody, and nothing that the server has forbidden its image library to read. */
export const landscape = (sky: string, hill: string): Promise<Buffer> => {
  const [above, hills] = [colourOf(sky), colourOf(hill)]
  const pixelAt = (x: number, y: number): Colour => {
    if (y > 490 + 45 * Math.sin(x / 190 + 2)) return MEADOW
    if (y > 390 + 55 * Math.sin(x / 150)) return hills
    return Math.hypot(x - 690, y - 250) < 64 ? SUN : between(above, HORIZON, y / HEIGHT)
  }
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3)
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1) pixels.set(pixelAt(x, y), (y * WIDTH + x) * 3)
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 82 })
    .toBuffer()
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
