// What a message of somebody else says of a person: found, and taken out.
import type { Held } from './change.ts'
import { userOf } from './jid.ts'
import { messageSecretIn } from './sealed-add-on.ts'

/** Whether the message is an event about nobody else: somebody joined, left, was added. */
export const isEventOnlyAbout = (
  { event }: Pick<Held, 'event'>,
  isPerson: (jid: string) => boolean
): boolean => event !== null && event.people.length > 0 && event.people.every(isPerson)

/** The message without what it says of a person. Who is mentioned stands in the body by number: `@…` stands there afterwards. */
export const withoutPerson = (held: Held, isPerson: (jid: string) => boolean): Held => {
  const isOther = (jid: string): boolean => !isPerson(jid)
  const mentioned = held.mentions.filter(isPerson).map(userOf)
  const body = (text: string | null): string | null =>
    mentioned.reduce((left, user) => left?.replaceAll(`@${user}`, '@…') ?? null, text)
  const names = mentioned.length > 0 || held.event?.people.some(isPerson) === true
  return {
    ...held,
    body: body(held.body),
    edits: held.edits.map(edit => ({ ...edit, body: body(edit.body) })),
    mentions: held.mentions.filter(isOther),
    reactions: held.reactions.filter(({ sender }) => isOther(sender)),
    votes: held.votes.filter(({ voter }) => isOther(voter)),
    poll: held.poll && {
      ...held.poll,
      options: held.poll.options.map(option => ({ ...option, voters: option.voters.filter(isOther) }))
    },
    eventResponses: held.eventResponses.filter(({ sender }) => isOther(sender)),
    event: held.event && { ...held.event, people: held.event.people.filter(isOther) },
    ...(names ? withoutProtobuf(held) : {})
  }
}

/** The protobuf names who is mentioned. The secret in it, which opens what is added to the message, is kept. */
const withoutProtobuf = ({ raw, secrets }: Held): Pick<Held, 'raw' | 'secrets'> => {
  const secret = raw === null ? undefined : messageSecretIn(raw)
  return {
    raw: null,
    secrets: secret === undefined ? secrets : [...secrets, Buffer.from(secret).toString('base64')]
  }
}
