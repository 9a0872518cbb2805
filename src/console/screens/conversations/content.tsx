// What a message says, by its type. A type that this console does not know is shown as its text and named.
import type { Call, ContactCard, Location, Message, Poll } from '../../../client/index.ts'
import { clock, list, number } from '../../format.ts'
import { t, tMaybe } from '../../i18n/i18n.ts'
import { bodyOf } from '../../parts/event-times.ts'
import { personName } from '../../state/people.ts'
import { Document, Film, Picture, Sound, Sticker, ThingCard } from './media.tsx'
import { Text } from './text.tsx'

const PollView = ({ poll }: { readonly poll: Poll }) => {
  const voters = new Set(poll.options.flatMap(option => option.voters))
  return (
    <div class="poll">
      <strong dir="auto">{poll.question}</strong>
      <ul>
        {poll.options.map(({ name, voters: chosen }) => (
          <li key={name} title={list(chosen.map(personName))}>
            <span class="poll-option">
              <span dir="auto">{name}</span>
              <b>{number(chosen.length)}</b>
            </span>
            <span class="poll-bar">
              <i style={{ width: `${voters.size === 0 ? 0 : (chosen.length / voters.size) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
      <span class="soft small">{t('poll.votes', { count: voters.size })}</span>
    </div>
  )
}

const PlaceView = ({ location }: { readonly location: Location }) => {
  const at = `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`
  return (
    <ThingCard
      icon="place"
      title={location.name ?? (location.live ? t('place.live') : t('place.place'))}
      note={location.address ?? at}
    >
      <a
        class="small"
        target="_blank"
        rel="noopener noreferrer"
        href={`https://www.openstreetmap.org/?mlat=${location.latitude}&mlon=${location.longitude}#map=16/${location.latitude}/${location.longitude}`}
      >
        {t('place.map')}
      </a>
    </ThingCard>
  )
}

const Contacts = ({ contacts }: { readonly contacts: ReadonlyArray<ContactCard> }) => (
  <>
    {contacts.map(({ name, phoneNumbers }, index) => (
      <ThingCard
        key={index}
        icon="account"
        title={name ?? t('contact.unnamed')}
        {...(phoneNumbers.length === 0 ? {} : { note: <bdi dir="ltr">{phoneNumbers.join(', ')}</bdi> })}
      />
    ))}
  </>
)

const CallView = ({ call }: { readonly call: Call }) => (
  <ThingCard
    icon={call.video ? 'video' : 'phone'}
    title={t(`call.${call.outcome}`)}
    {...(call.duration === null ? {} : { note: clock(call.duration) })}
  />
)

const Responses = ({ message }: { readonly message: Message }) => (
  <ul class="responses">
    {(['going', 'maybe', 'notGoing'] as const).map(response => {
      const people = message.eventResponses.filter(one => one.response === response)
      if (people.length === 0) return null
      return (
        <li key={response}>
          <span class="tag">{t(`event.${response}`)}</span>{' '}
          {list(people.map(({ sender }) => personName(sender)))}
        </li>
      )
    })}
  </ul>
)

const Album = ({ message, parts }: { readonly message: Message; readonly parts: ReadonlyArray<Message> }) => (
  <div class="album">
    {parts.map(part => (
      <MediaView key={part.messageId} message={part} />
    ))}
    {parts.length === 0 && (
      <ThingCard
        icon="image"
        title={t('album.announced', { count: (message.album?.images ?? 0) + (message.album?.videos ?? 0) })}
      />
    )}
  </div>
)

const MediaView = ({ message }: { readonly message: Message }) => {
  const { media, type } = message
  if (media === null) return null
  switch (type) {
    case 'image':
      return <Picture message={message} media={media} />
    case 'video':
      return <Film message={message} media={media} />
    case 'audio':
    case 'voice':
      return <Sound message={message} media={media} />
    case 'sticker':
      return <Sticker message={message} media={media} />
    default:
      return <Document message={message} media={media} />
  }
}

/** Types whose text only says what is drawn. */
const DRAWN = new Set(['poll', 'location', 'contact', 'sticker', 'call', 'album'])

const Unusual = ({ message: { statusReason, type } }: { readonly message: Message }) => {
  if (type === 'undecryptable')
    return (
      <p class="soft unusual">
        {t('message.undecryptable')} {statusReason}
      </p>
    )
  if (type.startsWith('unsupported'))
    return <p class="soft unusual">{t('message.unsupported', { type: type.replace('unsupported:', '') })}</p>
  // An album is seen to be one.
  const name = type === 'album' ? undefined : tMaybe(`type.${type}`)
  return name === undefined ? null : <span class="tag">{name}</span>
}

export const Content = ({
  message,
  parts
}: {
  readonly message: Message
  readonly parts: ReadonlyArray<Message>
}) => {
  const { call, contacts, location, mentions, poll, type } = message
  const body = bodyOf(message)
  if (type === 'revoked') return <p class="soft unusual">{t('message.revoked')}</p>
  const isNamed = message.media?.fileName === body && type === 'document'
  return (
    <>
      {message.album !== null && <Album message={message} parts={parts} />}
      <MediaView message={message} />
      {poll !== null && <PollView poll={poll} />}
      {location !== null && <PlaceView location={location} />}
      {contacts.length > 0 && <Contacts contacts={contacts} />}
      {call !== null && <CallView call={call} />}
      <Unusual message={message} />
      {body !== null && body !== '' && !DRAWN.has(type) && !isNamed && (
        <Text text={body} mentions={mentions} />
      )}
      {message.eventResponses.length > 0 && <Responses message={message} />}
    </>
  )
}
