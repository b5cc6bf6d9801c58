/** One message: what has become of it, what it says, and what can be done with it. */
import type { z } from 'zod';
import type { messageDetailSchema } from '../../../admin/contract.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { SizeText } from '../../components/size-text.tsx';
import { StateBadge, type Tone } from '../../components/state-badge.tsx';
import { TimeText, useNow } from '../../components/time-text.tsx';
import { relativeTime } from '../../format.ts';
import { useQuery } from '../../use-query.ts';
import { rich, t } from '../../words/words.ts';
import { ContentCard } from './content-card.tsx';
import { MessageActions } from './message-actions.tsx';
import { replyOf } from './rows.ts';
import { shown } from './shown.ts';
import { StateOfMessage } from './state-of-message.tsx';
import { Timeline } from './timeline.tsx';

export type Detail = z.output<typeof messageDetailSchema>;
type Recipient = Detail['message']['recipients'][number];

export function MessageView({ id }: { readonly id: string }) {
  const query = useQuery<Detail>(`/api/v1/queue/${encodeURIComponent(id)}`, {
    topics: ['messages', 'upstreams'],
  });
  const message = query.data?.message;
  const subject = message?.subject === '' ? t('messages.noSubject') : shown(message?.subject ?? id);
  return (
    <Page
      title={subject}
      lead={message && <Sentence detail={message} />}
      actions={
        <a class="button" href="/messages">
          {t('messages.back')}
        </a>
      }
    >
      <Loaded query={query} lines={10}>
        {(detail) => <Shown detail={detail} reload={query.reload} />}
      </Loaded>
    </Page>
  );
}

function Shown({ detail, reload }: { readonly detail: Detail; readonly reload: () => void }) {
  const { message, waitingFor, journal } = detail;
  return (
    <>
      {waitingFor !== undefined && (
        <Notice
          kind="warning"
          title={t('messages.waitsFor', { name: waitingFor.name })}
          {...(waitingFor.remedy === undefined ? {} : { remedy: waitingFor.remedy })}
        >
          {waitingFor.text}
        </Notice>
      )}
      <MessageActions message={message} onDone={reload} />
      <Card title={t('messages.recipients')}>
        <DataTable
          caption={t('messages.recipients')}
          columns={columns(message)}
          rows={message.recipients}
          most={20}
          rowKey={({ address }) => address}
        />
      </Card>
      <ContentCard message={message} />
      <div class="message-columns">
        <Card title={t('messages.timeline')}>
          <Timeline message={message.id} journal={journal} />
        </Card>
        <Envelope message={message} />
      </div>
    </>
  );
}

/** What has become of it, in a sentence. */
function Sentence({ detail }: { readonly detail: Detail['message'] }) {
  const { state, recipients, nextAttemptAt, acceptedAt } = detail;
  const now = useNow();
  const partly = state === 'held' && recipients.some((one) => one.state === 'delivered');
  const later = state === 'queued' && nextAttemptAt > now + 5000;
  return (
    <>
      <StateOfMessage state={state} />{' '}
      {later
        ? t('messages.is-queuedNext', { time: relativeTime(nextAttemptAt, now) })
        : t(partly ? 'messages.is-heldPartly' : `messages.is-${state}`)}{' '}
      {rich('messages.accepted', { time: <TimeText at={acceptedAt} /> })}
    </>
  );
}

const TONES: Readonly<Record<Recipient['state'] | 'deleted', Tone>> = {
  pending: 'waiting',
  held: 'paused',
  delivered: 'good',
  failed: 'bad',
  deleted: 'neutral',
};

function columns(message: Detail['message']): readonly Column<Recipient>[] {
  return [
    {
      key: 'address',
      head: t('messages.recipient'),
      cell: ({ address }) => <bdi class="address">{shown(address)}</bdi>,
    },
    {
      key: 'outcome',
      head: t('messages.outcome'),
      cell: ({ state }) => {
        const undone = state === 'pending' || state === 'held';
        const said =
          undone && message.state === 'deleted'
            ? 'deleted'
            : undone && message.state === 'held'
              ? 'held'
              : state;
        return <StateBadge tone={TONES[said]}>{t(`messages.to-${said}`)}</StateBadge>;
      },
    },
    {
      key: 'reply',
      head: t('messages.reply'),
      cell: ({ reply, upstream, settledAt }) =>
        reply === undefined ? (
          <span class="muted">{t('messages.nothingYet')}</span>
        ) : (
          <>
            <span class="words">{shown(replyOf(reply))}</span>
            <span class="beneath">
              {upstream}
              {settledAt !== undefined && (
                <>
                  {' · '}
                  <TimeText at={settledAt} />
                </>
              )}
            </span>
          </>
        ),
    },
  ];
}

/** What the device said in the dialogue, apart from what the message says of itself. */
function Envelope({ message }: { readonly message: Detail['message'] }) {
  const { envelope, origin, recipients, upstream } = message;
  const last = message.recipients.find((one) => one.upstream !== undefined)?.upstream ?? upstream;
  const fromDevice = origin.address !== '';
  return (
    <Card title={t('messages.envelope')}>
      <p class="card-lead">{t('messages.envelopeWhy')}</p>
      <Facts
        facts={[
          [
            t('messages.mailFrom'),
            envelope.sender === '' ? t('messages.nullSender') : <bdi>{shown(envelope.sender)}</bdi>,
          ],
          [t('messages.rcptTo'), <bdi>{recipients.map(({ address }) => shown(address)).join(', ')}</bdi>],
          [
            t('messages.device'),
            fromDevice ? (
              <>
                {shown(origin.client)} <span class="beneath">{origin.address}</span>
              </>
            ) : (
              t('messages.own')
            ),
          ],
          [t('messages.greeting'), some(origin.greeting)],
          [t('messages.listener'), some(origin.listener)],
          [t('messages.user'), some(origin.user)],
          [t('messages.tls'), fromDevice ? (some(origin.tls) ?? t('messages.unencrypted')) : undefined],
          [t('messages.upstream'), some(last)],
          [t('messages.size'), <SizeText bytes={message.size} />],
          [t('messages.messageId'), some(message.headerMessageId)],
          [t('messages.id'), <code>{message.id}</code>],
          [t('messages.kind'), t(`messages.kind-${message.kind}`)],
          [t('messages.node'), some(message.node)],
        ]}
      />
    </Card>
  );
}

function some(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : shown(text);
}
