/** What went through: a small chart, the sums in words, and the same as a table. */
import type { Traffic } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { clockText } from '../../format.ts';
import { useQuery } from '../../use-query.ts';
import { number, t } from '../../words/words.ts';
import { TrafficChart } from './traffic-chart.tsx';
import { COUNTED, type Counted, sumOf } from './traffic-sums.ts';

export function TrafficCard({ span }: { readonly span: 'hour' | 'day' }) {
  const query = useQuery<Traffic>(`/api/v1/traffic?span=${span}`, { topics: ['messages', 'devices'] });
  return (
    <Card title={t(`overview.last-${span}`)}>
      <Loaded query={query} lines={6}>
        {(traffic) => (
          <>
            <dl class="sums">
              {COUNTED.map((kind) => (
                <div key={kind} class={`sum ${kind}`}>
                  <dt>{nameOf(kind)}</dt>
                  <dd>
                    <span class="swatch" aria-hidden="true" /> {number(sumOf(traffic, kind))}
                  </dd>
                </div>
              ))}
            </dl>
            <TrafficChart traffic={traffic} />
            <TrafficTable traffic={traffic} span={span} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

/** The word of a kind. */
function nameOf(kind: Counted): string {
  return kind === 'refused' ? t('overview.refusedCount') : t(`overview.${kind}`);
}

/** Only stretches in which something happened: sixty rows of zeros tell nobody anything. */
function TrafficTable({ traffic, span }: { readonly traffic: Traffic; readonly span: 'hour' | 'day' }) {
  const busy = traffic.points.filter((point) => COUNTED.some((kind) => point[kind] > 0));
  if (busy.length === 0) return <p class="quiet-note">{t(`overview.quiet-${span}`)}</p>;
  return (
    <Disclosure summary={t('overview.asTable')}>
      <div class="table" role="group" aria-label={t(`overview.last-${span}`)} tabIndex={0}>
        <table class="numbers">
          <caption class="hidden">{t(`overview.last-${span}`)}</caption>
          <thead>
            <tr>
              <th scope="col">{t('overview.from')}</th>
              {COUNTED.map((kind) => (
                <th key={kind} scope="col" class="number">
                  {nameOf(kind)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {busy.toReversed().map((point) => (
              <Row
                key={point.at}
                at={point.at}
                counts={COUNTED.map((kind): [Counted, number] => [kind, point[kind]])}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Disclosure>
  );
}

function Row({
  at,
  counts,
}: {
  readonly at: number;
  readonly counts: readonly (readonly [Counted, number])[];
}) {
  return (
    <tr>
      <th scope="row">{clockText(at)}</th>
      {counts.map(([kind, count]) => (
        <td key={kind} class="number">
          {number(count)}
        </td>
      ))}
    </tr>
  );
}
