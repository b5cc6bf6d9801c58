/** The test mail that went out when the settings were saved, followed until it is delivered or is not. */
import type { JournalEntry, Message } from '../../../admin/contract.ts';
import type { SavedTest } from '../../../admin/contract-configuration.ts';
import { Notice } from '../../components/notice.tsx';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';

export function SavedTestNotice({ test }: { readonly test: SavedTest }) {
  if ('why' in test) return <Notice kind="warning" title={test.why} />;
  return <Followed id={test.id} to={test.to.join(' ')} />;
}

function Followed({ id, to }: { readonly id: string; readonly to: string }) {
  const { data } = useQuery<{ message: Message; journal: readonly JournalEntry[] }>(`/api/v1/queue/${id}`, {
    topics: ['messages'],
  });
  const words = data?.journal.map(({ event }) => wordsOf(event)).findLast((each) => each !== undefined);
  const link = <a href={`/messages/${id}`}>{t('email.seeMessage')}</a>;
  switch (data?.message.state) {
    case 'delivered':
      return (
        <Notice kind="success" title={t('email.mailDelivered', { to })} actions={link}>
          {words}
        </Notice>
      );
    case 'held':
      return <Notice kind="info" title={t('email.mailHeld')} actions={link} />;
    case 'failed':
    case 'deleted':
      return (
        <Notice kind="error" title={t('email.mailFailed', { to })} actions={link}>
          {words}
        </Notice>
      );
    case 'queued':
    case undefined:
      return (
        <Notice kind="info" title={t('email.mailOnItsWay', { to })} actions={link}>
          {words}
        </Notice>
      );
  }
}

/** What the upstream said last. */
function wordsOf(event: JournalEntry['event']): string | undefined {
  if (event.type === 'waiting') return [event.text, event.remedy].filter(Boolean).join(' ');
  if (event.type !== 'attempt') return undefined;
  const [first] = event.recipients;
  if (first === undefined) return undefined;
  const { code, enhanced, text } = first.reply;
  return [code, enhanced, text, first.remedy].filter(Boolean).join(' ');
}
