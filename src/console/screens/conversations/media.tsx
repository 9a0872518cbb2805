// Pictures, films, sound and files. Pictures come when they are seen, anything larger when it is asked for.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Media, Message } from '../../../client/index.ts'
import { troubleOf } from '../../errors.ts'
import { clock, fileSize } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { releaseFile, saveFile, useFile } from '../../state/media.ts'

interface MediaProps {
  readonly message: Message
  readonly media: Media
}

type File = { readonly url?: string; readonly trouble?: string; readonly isComing?: boolean }

/** The file, once `isWanted`, and anew when it has come to the server in the meantime. An own one can be fetched when it is sent. */
const useMedia = ({ media, messageKey, status }: Message, isWanted: boolean): File => {
  const file = useSignal<File>({})
  const isThere = status !== 'queued'
  useEffect(() => {
    if (!isWanted || !isThere) return undefined
    let isShown = true
    file.value = { isComing: true }
    useFile(messageKey).then(
      url => void (isShown && (file.value = { url })),
      (error: unknown) => void (isShown && (file.value = { trouble: troubleOf(error).advice }))
    )
    return () => {
      isShown = false
      releaseFile(messageKey)
    }
  }, [messageKey, isWanted, isThere, media?.fetched?.state, media?.download === null])
  return file.value
}

/** True from when the element has been in view for a moment. */
const useSeen = () => {
  const ref = useRef<HTMLDivElement>(null)
  const isSeen = useSignal(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const observer = new IntersectionObserver(([entry]) => {
      clearTimeout(timer)
      if (entry?.isIntersecting === true) timer = setTimeout(() => void (isSeen.value = true), 120)
    })
    if (ref.current !== null) observer.observe(ref.current)
    return () => {
      clearTimeout(timer)
      observer.disconnect()
    }
  }, [])
  return { ref, isSeen: isSeen.value }
}

const ratioOf = ({ height, width }: Media): string =>
  width !== null && height !== null && width > 0 && height > 0
    ? `${width} / ${Math.min(height, width * 1.6)}`
    : '4 / 3'

const sizeOf = ({ duration, size }: Media): string =>
  [duration === null ? '' : clock(duration), size === null ? '' : fileSize(size)]
    .filter(text => text !== '')
    .join(' · ')

const Unavailable = ({ text }: { readonly text: string }) => (
  <span class="media-trouble">
    <Icon name="warning" size={18} /> {text}
  </span>
)

const Viewer = ({ label, onClose, url }: { label: string; onClose: () => void; url: string }) => (
  <Dialog title={label} onClose={onClose} wide>
    <img class="viewer" src={url} alt={label} />
  </Dialog>
)

export const Picture = ({ media, message }: MediaProps) => {
  const { isSeen, ref } = useSeen()
  const file = useMedia(message, isSeen)
  const isOpen = useSignal(false)
  const label = message.body ?? t('media.picture')
  return (
    <div ref={ref} class="picture" style={{ aspectRatio: ratioOf(media) }}>
      {file.url !== undefined && (
        <button type="button" class="bare" onClick={() => void (isOpen.value = true)}>
          <img src={file.url} alt={label} decoding="async" />
        </button>
      )}
      {file.trouble !== undefined && <Unavailable text={file.trouble} />}
      {file.isComing === true && <Icon name="image" size={30} />}
      {isOpen.value && file.url !== undefined && (
        <Viewer label={label} url={file.url} onClose={() => void (isOpen.value = false)} />
      )}
    </div>
  )
}

export const Sticker = ({ message }: MediaProps) => {
  const { isSeen, ref } = useSeen()
  const file = useMedia(message, isSeen)
  return (
    <div ref={ref} class="sticker">
      {file.url !== undefined && <img src={file.url} alt={t('media.sticker')} />}
      {file.trouble !== undefined && <Unavailable text={file.trouble} />}
    </div>
  )
}

export const Film = ({ media, message }: MediaProps) => {
  const isWanted = useSignal(false)
  const file = useMedia(message, isWanted.value)
  return (
    <div class="picture film" style={{ aspectRatio: ratioOf(media) }}>
      {file.url === undefined ? (
        file.trouble === undefined ? (
          <button
            type="button"
            class="bare play"
            aria-label={t('media.play')}
            onClick={() => void (isWanted.value = true)}
          >
            <span class="play-mark">
              <Icon name="play" size={26} />
            </span>
            <span class="media-size">{file.isComing === true ? t('loading') : sizeOf(media)}</span>
          </button>
        ) : (
          <Unavailable text={file.trouble} />
        )
      ) : (
        <video src={file.url} controls autoplay playsInline />
      )}
    </div>
  )
}

export const Sound = ({ media, message }: MediaProps) => {
  const isWanted = useSignal(false)
  const file = useMedia(message, isWanted.value)
  if (file.url !== undefined) return <audio class="sound" src={file.url} controls autoplay />
  if (file.trouble !== undefined) return <Unavailable text={file.trouble} />
  return (
    <div class="sound-closed">
      <IconButton icon="play" label={t('media.play')} onClick={() => void (isWanted.value = true)} />
      <span class="wave" aria-hidden="true" />
      <span class="soft small">{file.isComing === true ? t('loading') : sizeOf(media)}</span>
    </div>
  )
}

interface CardProps {
  readonly icon: IconName
  readonly title: string
  readonly note?: ComponentChildren
  readonly children?: ComponentChildren
}

/** A thing within a message: file, place, contact, call. */
export const ThingCard = ({ children, icon, note, title }: CardProps) => (
  <div class="thing">
    <span class="thing-icon">
      <Icon name={icon} size={22} />
    </span>
    <div>
      <strong dir="auto">{title}</strong>
      {note !== undefined && note !== '' && <span class="soft small">{note}</span>}
      {children}
    </div>
  </div>
)

export const Document = ({ media, message }: MediaProps) => {
  const name = media.fileName ?? message.body ?? t('media.file')
  return (
    <ThingCard icon="file" title={name} note={sizeOf(media)}>
      <Button look="quiet" icon="download" onClick={() => saveFile(message.messageKey, name)}>
        {t('media.save')}
      </Button>
    </ThingCard>
  )
}
