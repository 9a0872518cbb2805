// Everything about one message: who has received and read it, and what it said before.
import type { Message, Receipt } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure } from '../../parts/notice.tsx'
import { client } from '../../session.ts'
import { personName } from '../../state/people.ts'
import { inspected } from './acts.ts'
import { Text } from './text.tsx'

const when = (at: number | null): string => (at === null ? '–' : dateTime(at))

const Receipts = ({ receipts }: { readonly receipts: ReadonlyArray<Receipt> }) => (
  <table class="table">
    <thead>
      <tr>
        <th scope="col">{t('info.recipient')}</th>
        <th scope="col">{t('status.delivered')}</th>
        <th scope="col">{t('status.read')}</th>
      </tr>
    </thead>
    <tbody>
      {receipts.map(({ deliveredAt, playedAt, readAt, recipient }) => (
        <tr key={recipient}>
          <th scope="row">{personName(recipient)}</th>
          <td>{when(deliveredAt)}</td>
          <td>{when(playedAt ?? readAt)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const Versions = ({ edits }: Pick<Message, 'edits'>) => (
  <section>
    <h3>{t('info.versions')}</h3>
    <ol class="versions">
      {edits.map(({ body, editedAt }) => (
        <li key={editedAt}>
          {body === null ? <p class="soft">{t('info.versionUnknown')}</p> : <Text text={body} />}
          <span class="soft small">{t('info.until', { when: dateTime(editedAt) })}</span>
        </li>
      ))}
    </ol>
  </section>
)

const Info = ({ message: { messageId, threadId } }: { readonly message: Message }) => {
  const { state } = useLoaded(
    () => client().call('threads.message', { threadId, messageId }),
    [threadId, messageId]
  )
  const { error, value: message } = state.value
  if (error !== undefined) return <Failure error={error} />
  if (message === undefined) return <p class="waiting">{t('loading')}</p>
  const facts: ReadonlyArray<readonly [string, string]> = [
    [t('info.written'), dateTime(message.tsClient)],
    [t('info.stored'), dateTime(message.tsServer)],
    [t('info.status'), t(`status.${message.status}`)],
    ...(message.statusReason === null ? [] : [[t('info.reason'), message.statusReason] as const]),
    [t('info.id'), message.whatsAppId]
  ]
  return (
    <>
      <dl class="pairs">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {message.receipts.length > 0 && <Receipts receipts={message.receipts} />}
      {message.edits.length > 0 && <Versions edits={message.edits} />}
    </>
  )
}

export const MessageInfo = () => {
  const message = inspected.value
  if (message === undefined) return null
  return (
    <Dialog title={t('message.info')} onClose={() => void (inspected.value = undefined)}>
      <Info message={message} />
    </Dialog>
  )
}
