/** What happened to a message, in order, with the upstream's own words. */
import type { ComponentChildren } from 'preact';
import type { JournalEntry, JournalEvent } from '../../../admin/contract.ts';
import { TimeText } from '../../components/time-text.tsx';
import { durationText } from '../../format.ts';
import { rich, t } from '../../words/words.ts';
import { replyOf } from './rows.ts';
import { shown } from './shown.ts';

export function Timeline(props: {
  /** Id of the message whose journal this is. */
  readonly message: string;
  readonly journal: readonly JournalEntry[];
}) {
  return (
    <ol class="timeline">
      {props.journal.map(({ at, event }, index) => (
        <li key={`${at}-${index}`}>
          <TimeText at={at} absolute />
          <div>
            <Entry message={props.message} event={event} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Entry({ message, event }: { readonly message: string; readonly event: JournalEvent }) {
  switch (event.type) {
    case 'accepted':
      return <p>{t('messages.at-accepted', { reply: event.reply })}</p>;
    case 'attempt':
      return <Attempt event={event} />;
    case 'waiting':
      return (
        <>
          <p>{t('messages.at-waiting', { upstream: event.upstream, text: shown(event.text) })}</p>
          {event.reply !== undefined && !event.text.includes(event.reply.text) && (
            <p class="words">{shown(replyOf(event.reply))}</p>
          )}
          <Remedy text={event.remedy} />
        </>
      );
    case 'fallback':
      return (
        <p>{t('messages.at-fallback', { from: event.from, to: event.to, reason: shown(event.reason) })}</p>
      );
    case 'held':
    case 'retried':
    case 'deleted':
      return <p>{t(`messages.at-${event.type}`, { by: event.by })}</p>;
    case 'released':
      return (
        <p>
          {event.upstream === undefined
            ? t('messages.at-released', { by: event.by })
            : t('messages.at-releasedTo', { by: event.by, upstream: event.upstream })}
        </p>
      );
    case 'copied': {
      const isCopy = event.copy === message;
      return (
        <p>
          {t(isCopy ? 'messages.at-copyOf' : 'messages.at-copied', { by: event.by, to: shown(event.to) })}{' '}
          <a href={`/messages/${isCopy ? event.of : event.copy}`}>
            {t(isCopy ? 'messages.theOriginal' : 'messages.theCopy')}
          </a>
        </p>
      );
    }
    case 'warned':
    case 'returned':
      return (
        <p>
          {t(`messages.at-${event.type}`, { to: shown(event.to) })}{' '}
          <a href={`/messages/${event.report}`}>{t('messages.theReport')}</a>
        </p>
      );
    case 'report-withheld':
      return <p>{t('messages.at-withheld', { why: event.why })}</p>;
    case 'taken-over':
      return <p>{t('messages.at-taken-over', { by: event.by, from: event.from })}</p>;
  }
}

function Attempt({ event }: { readonly event: Extract<JournalEvent, { type: 'attempt' }> }) {
  const { attempt, upstream, recipients, delays, rewrittenSender, nextAttemptAt, possibleDuplicate } = event;
  const [receiving, queue, connecting, sending] = delays.map(durationText);
  const lines: ComponentChildren[] = [
    t('messages.delays', {
      receiving: receiving ?? '',
      queue: queue ?? '',
      connecting: connecting ?? '',
      sending: sending ?? '',
    }),
  ];
  if (rewrittenSender !== undefined) lines.push(t('messages.sentAs', { address: shown(rewrittenSender) }));
  if (possibleDuplicate === true) lines.push(t('messages.duplicate'));
  if (nextAttemptAt !== undefined)
    lines.push(rich('messages.nextAt', { time: <TimeText at={nextAttemptAt} /> }));
  return (
    <>
      <p>{t('messages.at-attempt', { attempt, upstream })}</p>
      <ul class="results">
        {recipients.map(({ address, result, reply, remedy }) => (
          <li key={address}>
            <bdi>{shown(address)}</bdi>: {t(`messages.result-${result}`)}
            <span class="words">{shown(replyOf(reply))}</span>
            <Remedy text={remedy} />
          </li>
        ))}
      </ul>
      {lines.map((line, index) => (
        <p key={index} class="beneath">
          {line}
        </p>
      ))}
    </>
  );
}

function Remedy({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : <p class="remedy">{text}</p>;
}
