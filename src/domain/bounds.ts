// The bounds of what messages contain. What is cut stands whole in the message's protobuf.
import type { DetailsFact } from './fact.ts'
import { beginningOf, LONGEST } from './lengths.ts'

interface Content extends DetailsFact {
  readonly body: string | null
}

/** Almost every message of a history has nothing else. */
const isUsualText = ({ answer, body, contacts, event, location, media, poll }: Content): boolean =>
  (body === null || body.length <= LONGEST.body) &&
  contacts.length === 0 &&
  [answer, event, location, media, poll].every(detail => detail === null)

/** The content within its bounds; `shortened` names the fields of which something was cut. */
export const boundedContent = <C extends Content>(content: C): C => {
  if (isUsualText(content)) return content
  const shortened = new Set(content.shortened)
  const cutter =
    (field: string, most: number) =>
    <A extends string | null>(text: A): A | string => {
      if (text === null || text.length <= most) return text
      shortened.add(field)
      return beginningOf(text, most)
    }
  const bounded = {
    ...content,
    body: cutter('body', LONGEST.body)(content.body),
    media: boundedMedia(content.media, cutter),
    location: boundedLocation(content.location, cutter),
    contacts: boundedContacts(content.contacts, cutter),
    poll: boundedPoll(content.poll, cutter),
    answer: boundedAnswer(content.answer, cutter),
    event: boundedEvent(content.event, cutter)
  }
  return { ...bounded, shortened: [...shortened] }
}

type Cutter = (field: string, most: number) => <A extends string | null>(text: A) => A | string

const boundedMedia = (media: Content['media'], cutter: Cutter): Content['media'] => {
  if (media === null) return null
  const cut = cutter('media', LONGEST.name)
  const isFetchable = (media.download?.directPath.length ?? 0) <= LONGEST.path
  return {
    ...media,
    mimeType: cut(media.mimeType),
    fileName: cut(media.fileName),
    download: isFetchable ? media.download : null
  }
}

const boundedLocation = (location: Content['location'], cutter: Cutter): Content['location'] => {
  if (location === null) return null
  const cut = cutter('location', LONGEST.name)
  return { ...location, name: cut(location.name), address: cut(location.address) }
}

const boundedContacts = (contacts: Content['contacts'], cutter: Cutter): Content['contacts'] => {
  const cut = cutter('contacts', LONGEST.name)
  const cutNumber = cutter('contacts', LONGEST.number)
  const cutCard = cutter('contacts', LONGEST.vcard)
  let left: number = LONGEST.vcards
  return contacts.map(({ name, phoneNumbers, vcard }) => {
    const numbers = phoneNumbers.map(number => cutNumber(number))
    const written = vcard === null ? null : cutter('contacts', Math.max(0, left))(cutCard(vcard))
    left -= written?.length ?? 0
    return { name: cut(name), phoneNumbers: numbers, vcard: written }
  })
}

const boundedPoll = (poll: Content['poll'], cutter: Cutter): Content['poll'] => {
  if (poll === null) return null
  const cut = cutter('poll', LONGEST.name)
  const options = poll.options.map(option => ({ ...option, name: cut(option.name) }))
  return { ...poll, question: cut(poll.question), options }
}

const boundedAnswer = (answer: Content['answer'], cutter: Cutter): Content['answer'] => {
  if (answer === null) return null
  const cut = cutter('answer', LONGEST.value)
  return { ...answer, id: cut(answer.id), title: cut(answer.title), parameters: cut(answer.parameters) }
}

const boundedEvent = (event: Content['event'], cutter: Cutter): Content['event'] =>
  event === null ? null : { ...event, value: cutter('event', LONGEST.value)(event.value) }
