// What WhatsApp answers about numbers, in all the forms in which it names an account.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answersIn } from '../../../../src/services/whatsapp/numbers/question.ts'
import { otherSpelling } from '../../../../simulator/state/phone-numbers.ts'

const AT = 1_767_225_600_000

const digits = (length: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{${length - 1}}$`))
const number = fc.integer({ min: 8, max: 14 }).chain(digits)

/** A user of the answer: its address in one of the forms in which WhatsApp gives it. */
const userOf = (asked: string, phone: string, lid: string, form: 'lid' | 'pn', isIn: boolean) => ({
  tag: 'user',
  attrs:
    form === 'pn'
      ? { jid: `${phone}@s.whatsapp.net` }
      : { jid: `${lid}@lid`, pn_jid: `${phone}@s.whatsapp.net` },
  content: [
    { tag: 'contact', attrs: { type: isIn ? 'in' : 'out' }, content: Buffer.from(`+${asked}`) },
    ...(form === 'pn' && isIn ? [{ tag: 'lid', attrs: { val: `${lid}@lid` } }] : [])
  ]
})

const answerWith = (users: ReadonlyArray<object>) => ({
  tag: 'iq',
  attrs: { type: 'result' },
  content: [{ tag: 'usync', attrs: {}, content: [{ tag: 'list', attrs: {}, content: users as never }] }]
})

test('each answer belongs to the number that was asked for, in whatever order and form they come', () => {
  const user = fc.record({
    asked: number,
    phone: number,
    lid: digits(14),
    form: fc.constantFrom('lid' as const, 'pn' as const),
    isIn: fc.boolean()
  })
  fc.assert(
    fc.property(fc.uniqueArray(user, { selector: ({ asked }) => asked, maxLength: 20 }), users => {
      const asked = users.map(one => `${one.asked}@s.whatsapp.net`)
      const nodes = users.map(one => userOf(one.asked, one.phone, one.lid, one.form, one.isIn)).toReversed()
      const answers = new Map(
        answersIn(answerWith(nodes), asked, AT).map(answer => [answer.askedJid, answer])
      )
      for (const one of users)
        expect(answers.get(`${one.asked}@s.whatsapp.net`)).toMatchObject(
          one.isIn
            ? { jid: `${one.phone}@s.whatsapp.net`, lid: `${one.lid}@lid`, answeredAt: AT }
            : { jid: null, lid: null, answeredAt: AT }
        )
    })
  )
})

test('what the answer does not name is not answered, and what was not asked for is left out', () => {
  const asked = ['491511234567@s.whatsapp.net']
  const stranger = userOf('4999', '4999', '77', 'pn', true)
  expect(answersIn(answerWith([stranger]), asked, AT)).toEqual([])
  expect(answersIn(answerWith([]), asked, AT)).toEqual([])
  expect(answersIn({ tag: 'iq', attrs: { type: 'error' } }, asked, AT)).toEqual([])
  const withoutProtocol = { tag: 'user', attrs: { jid: asked[0]! } }
  expect(answersIn(answerWith([withoutProtocol]), asked, AT)).toEqual([])
})

test('a number has one other spelling at most, and that one leads back', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        number,
        fc.tuple(fc.constantFrom('55', '52', '54'), digits(10)).map(parts => parts.join(''))
      ),
      one => {
        const other = otherSpelling(one)
        if (other !== undefined) expect(otherSpelling(other)).toBe(one)
      }
    )
  )
})
