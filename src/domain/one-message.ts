// Two rows turn out to be one message, which came under two addresses of a person. What was added to either is kept.
import { applyChange, bodyAfterEdit, type Held, type MessageChange, withVote } from './change.ts'
import { filesOf, type Media, type MediaFile } from './message.ts'

/** What was added to a message since it was written, as changes. */
const additionsOf = (held: Held): ReadonlyArray<MessageChange> => {
  const { call, edits, eventResponses, location, mentions, pollChanges, reactions, secrets } = held
  const timesOfPoll = new Set(pollChanges.map(({ at }) => at))
  const newest = edits.length - 1
  return [
    ...pollChanges.map((change): MessageChange => ({ to: 'pollChanged', change })),
    ...edits.flatMap(({ editedAt: at }, index): ReadonlyArray<MessageChange> => {
      if (timesOfPoll.has(at)) return []
      const of = index === newest ? { location, mentions } : {}
      return [{ to: 'edited', body: bodyAfterEdit(held, index), at, ...of }]
    }),
    ...reactions.map((reaction): MessageChange => ({ to: 'reacted', ...reaction })),
    ...eventResponses.map((response): MessageChange => ({ to: 'answered', ...response })),
    ...secrets.map((secret): MessageChange => ({ to: 'secretLearned', secret })),
    ...(call === null ? [] : [{ to: 'called', call } as const])
  ]
}

/** A history tells that a message was edited, but not what it said before. */
const withEarlierBodies = (held: Held, other: Held): Held => {
  const known = new Map(other.edits.map(({ body, editedAt }) => [editedAt, body]))
  const isMissing = held.edits.some(({ body, editedAt }) => body === null && known.get(editedAt) != null)
  if (!isMissing) return held
  const edits = held.edits.map(edit => ({ ...edit, body: edit.body ?? known.get(edit.editedAt) ?? null }))
  return { ...held, edits }
}

/** What became of a file in the other row, unless it is here, or that is known of this one. */
const withFetched = <File extends MediaFile>(file: File, others: ReadonlyArray<MediaFile>): File => {
  const key = file.download?.mediaKey
  const same = key === undefined ? undefined : others.find(({ download }) => download?.mediaKey === key)
  const isBetter = same?.fetched?.state === 'stored' && file.fetched?.state !== 'stored'
  return same?.fetched !== undefined && (isBetter || file.fetched === undefined)
    ? { ...file, download: same.download, fetched: same.fetched }
    : file
}

const mediaOfBoth = (one: Media | null, other: Media | null): Media | null => {
  const [most, least] = filesOf(other).length > filesOf(one).length ? [other, one] : [one, other]
  if (most === null || least === null) return most
  const others = filesOf(least)
  const { variants } = most
  return {
    ...withFetched(most, others),
    ...(variants === undefined ? {} : { variants: variants.map(variant => withFetched(variant, others)) })
  }
}

/** A message with what was added to another row of it. */
export const withAdditionsOf = (held: Held, other: Held): Held => {
  if (held.type === 'revoked' || other.type === 'revoked') return held
  const changed = additionsOf(other).reduce(applyChange, held)
  const voted = changed.poll === null ? changed : other.votes.reduce(withVote, changed)
  return { ...withEarlierBodies(voted, other), media: mediaOfBoth(held.media, other.media) }
}
