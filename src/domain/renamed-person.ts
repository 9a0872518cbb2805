// A person comes under another address: what a message says of people says it of that address.
import type { Held, MessageChange } from './change.ts'
import { bodyNaming, type Mention, peopleIn } from './mention.ts'

interface Dated {
  readonly at: number
}

/** What two people did who are one: the latest. */
const latestOf = <A extends Dated>(all: ReadonlyArray<A>, person: (one: A) => string): ReadonlyArray<A> =>
  all.filter((one, index) =>
    all.every(
      (other, place) =>
        person(other) !== person(one) || other.at < one.at || (other.at === one.at && place <= index)
    )
  )

/** The message with everything that it says of `from` said of `to`; both are addresses. */
export const withPersonRenamed = (held: Held, from: string, to: string): Held => {
  const renamed = (person: string): string => (person === from ? to : person)
  const mentions: ReadonlyArray<Mention> = held.mentions.map(written => ({
    written,
    person: renamed(written)
  }))
  return {
    ...held,
    body: bodyNaming(held.body, mentions),
    edits: held.edits.map(edit => ({ ...edit, body: bodyNaming(edit.body, mentions) })),
    mentions: peopleIn(mentions),
    sharedBy: held.sharedBy === null ? null : renamed(held.sharedBy),
    reactions: latestOf(
      held.reactions.map(reaction => ({ ...reaction, sender: renamed(reaction.sender) })),
      ({ sender }) => sender
    ),
    votes: latestOf(
      held.votes.map(vote => ({ ...vote, voter: renamed(vote.voter) })),
      ({ voter }) => voter
    ),
    poll: held.poll && {
      ...held.poll,
      options: held.poll.options.map(option => ({
        ...option,
        voters: [...new Set(option.voters.map(renamed))]
      }))
    },
    eventResponses: latestOf(
      held.eventResponses.map(answer => ({ ...answer, sender: renamed(answer.sender) })),
      ({ sender }) => sender
    ),
    event: held.event && { ...held.event, people: [...new Set(held.event.people.map(renamed))] }
  }
}

/** The same of a change that waits for its message. */
export const changeWithPersonRenamed = (change: MessageChange, from: string, to: string): MessageChange => {
  const renamed = (person: string): string => (person === from ? to : person)
  switch (change.to) {
    case 'reacted':
    case 'answered':
      return { ...change, sender: renamed(change.sender) }
    case 'voted':
      return { ...change, voter: renamed(change.voter) }
    case 'revoked':
      return change.by === undefined ? change : { ...change, by: renamed(change.by) }
    case 'receipt':
      return { ...change, recipient: renamed(change.recipient) }
    case 'edited': {
      if (change.mentions === undefined) return change
      const mentions = change.mentions.map(written => ({ written, person: renamed(written) }))
      return { ...change, body: bodyNaming(change.body, mentions), mentions: peopleIn(mentions) }
    }
    default:
      return change
  }
}
