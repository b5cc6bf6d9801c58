/** What waits, and for how long; and how much there is of everything else. */
import type { Overview } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { SizeText } from '../../components/size-text.tsx';
import { durationText } from '../../format.ts';
import { number, rich, t } from '../../words/words.ts';

const STATES = ['queued', 'held', 'delivered', 'failed'] as const;

export function QueueCard({ overview: { ages, counts } }: { readonly overview: Overview }) {
  const waiting = ages.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, ...ages.map(({ count }) => count));
  return (
    <div class="pair">
      <Card title={t('overview.queue')}>
        {waiting === 0 ? (
          <p>{t('overview.queueEmpty')}</p>
        ) : (
          <table class="ages">
            <caption>{rich('overview.queueCaption', { count: waiting })}</caption>
            <tbody>
              {ages.map(({ upTo, count }, index) => (
                <tr key={upTo ?? 'more'}>
                  <th scope="row">{ageText(upTo, ages[index - 1]?.upTo)}</th>
                  <td class="number">{number(count)}</td>
                  <td class="bar" aria-hidden="true">
                    <svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false">
                      <rect width={(100 * count) / most} height="10" />
                    </svg>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <Card title={t('overview.counts')} actions={<a href="/messages">{t('shell.messages')}</a>}>
        <dl class="facts counts">
          {STATES.map((state) => {
            const { count, bytes } = counts.find((each) => each.state === state) ?? { count: 0, bytes: 0 };
            return (
              <div key={state}>
                <dt>
                  <a href={`/messages?state=${state}`}>{t(`overview.count-${state}`)}</a>
                </dt>
                <dd>
                  {number(count)}{' '}
                  {bytes > 0 && (
                    <span class="muted">
                      · <SizeText bytes={bytes} />
                    </span>
                  )}
                </dd>
              </div>
            );
          })}
        </dl>
      </Card>
    </div>
  );
}

function ageText(upTo: number | undefined, from: number | undefined): string {
  if (upTo === undefined) return t('overview.ageOver', { from: durationText(from ?? 0) });
  if (from === undefined) return t('overview.ageUpTo', { to: durationText(upTo) });
  return t('overview.ageBetween', { from: durationText(from), to: durationText(upTo) });
}
