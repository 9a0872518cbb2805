// About the conversation: how complete it is, what is missing and why, what the phone says of it, and all of it as a file.
import type { ThreadCoverage } from '../../../client/index.ts'
import { address, date, dateTime, list, number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { client, may } from '../../session.ts'
import type { Conversation } from '../../state/conversation.ts'
import { tellDone } from '../../toasts.ts'
import { isMuted, titleOf } from '../../state/threads.ts'
import { personName } from '../../state/people.ts'

interface DetailsProps {
  readonly conversation: Conversation
  readonly onClose: () => void
}

const Fact = ({ children, name }: { readonly name: string; readonly children: string }) => (
  <div>
    <dt>{name}</dt>
    <dd dir="auto">{children}</dd>
  </div>
)

const Completeness = ({
  conversation,
  coverage
}: {
  conversation: Conversation
  coverage: ThreadCoverage
}) => {
  const { accountId, threadId } = conversation
  return (
    <section>
      <h3>{t('details.coverage')}</h3>
      <p class={`coverage-state ${coverage.state}`}>
        <Icon name={coverage.state === 'complete' ? 'check' : 'history'} size={18} />
        {/* Without a gap it is the beginning that is not known. */}
        {coverage.state === 'partial' && coverage.gaps.length === 0
          ? t('start.title')
          : t(`details.${coverage.state}`)}
      </p>
      <dl class="pairs">
        <Fact name={t('account.messages')}>{number(coverage.messages)}</Fact>
        {coverage.oldest && <Fact name={t('details.oldest')}>{date(coverage.oldest.at)}</Fact>}
        {coverage.newest && <Fact name={t('details.newest')}>{dateTime(coverage.newest.at)}</Fact>}
        <Fact name={t('details.gaps')}>{number(coverage.gaps.length)}</Fact>
      </dl>
      {coverage.lastRefusal && <p class="soft small">{coverage.lastRefusal.reason}</p>}
      {may('operator') && coverage.state !== 'complete' && (
        <Button
          icon="history"
          onClick={async () => {
            await client().call('history.backfill', { accountId, body: { threadId, count: 0 } })
            tellDone(t('gap.started'))
            await conversation.readFacts()
          }}
        >
          {t('start.fetchAll')}
        </Button>
      )}
    </section>
  )
}

const save = async (conversation: Conversation, name: string): Promise<void> => {
  const response = await client().call('reading.exportThread', { threadId: conversation.threadId })
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.jsonl`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

export const Details = ({ conversation, onClose }: DetailsProps) => {
  const thread = conversation.thread.value
  const coverage = conversation.coverage.value
  if (thread === undefined) return null
  const name = titleOf(thread)
  return (
    <aside class="details" aria-label={t('details.title')}>
      <header>
        <h2>{t('details.title')}</h2>
        <IconButton icon="close" label={t('close')} onClick={onClose} />
      </header>
      {coverage && <Completeness conversation={conversation} coverage={coverage} />}
      <section>
        <h3>{t('details.chat')}</h3>
        <dl class="pairs">
          <Fact name={t('details.address')}>{address(thread.clientJid)}</Fact>
          <Fact name={t('details.kind')}>{t(`kind.${thread.kind}`)}</Fact>
          {thread.mutedUntil !== null && isMuted(thread) && (
            <Fact name={t('details.muted')}>
              {thread.mutedUntil === -1 ? t('details.forever') : dateTime(thread.mutedUntil)}
            </Fact>
          )}
          {thread.ephemeralSeconds > 0 && (
            <Fact name={t('details.disappears')}>
              {t('details.days', { count: Math.max(1, Math.round(thread.ephemeralSeconds / 86_400)) })}
            </Fact>
          )}
          {thread.pastParticipants.length > 0 && (
            <Fact name={t('details.past')}>
              {list(thread.pastParticipants.map(({ jid }) => personName(jid)))}
            </Fact>
          )}
        </dl>
      </section>
      <Button icon="download" onClick={() => save(conversation, name)}>
        {t('details.export')}
      </Button>
    </aside>
  )
}
