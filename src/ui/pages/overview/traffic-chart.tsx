/** Bars of what became of mail, stacked, and a line of what came in. Its numbers stand in the sums and in the table. */
import type { Traffic } from '../../../admin/contract-overview.ts';
import { clockText } from '../../format.ts';
import { number, t } from '../../words/words.ts';
import { roundUp, sumOf } from './traffic-sums.ts';

/** From the bottom up. */
const STACK = ['delivered', 'deferred', 'failed', 'refused'] as const;
const HEIGHT = 96;
const STEP = 10;
const BAR = 8;

export function TrafficChart({ traffic }: { readonly traffic: Traffic }) {
  const { points } = traffic;
  const tallest = Math.max(
    ...points.map((point) =>
      Math.max(
        point.accepted,
        STACK.reduce((sum, kind) => sum + point[kind], 0),
      ),
    ),
  );
  const top = roundUp(tallest);
  const y = (count: number) => HEIGHT - (count / top) * HEIGHT;
  const width = points.length * STEP;
  const line = points.map(({ accepted }, index) => `M${index * STEP} ${y(accepted)}h${STEP}`).join('');
  const label = t('overview.chart', {
    accepted: sumOf(traffic, 'accepted'),
    delivered: sumOf(traffic, 'delivered'),
    deferred: sumOf(traffic, 'deferred'),
    failed: sumOf(traffic, 'failed'),
    refused: sumOf(traffic, 'refused'),
  });
  return (
    <div class="chart" role="img" aria-label={label}>
      <span class="chart-top" aria-hidden="true">
        {number(top)}
      </span>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <path class="grid" d={`M0 .5H${width}M0 ${HEIGHT / 2}H${width}`} />
        {STACK.map((kind, level) => (
          <path
            key={kind}
            class={kind}
            d={points
              .map((point, index) => {
                const below = STACK.slice(0, level).reduce((sum, each) => sum + point[each], 0);
                return bar(index, y(below), y(below + point[kind]));
              })
              .join('')}
          />
        ))}
        <path class="accepted" d={line} />
        <path class="base" d={`M0 ${HEIGHT}H${width}`} />
      </svg>
      <span class="chart-times" aria-hidden="true">
        {[0, Math.floor(points.length / 2)].map((index) => {
          const point = points[index];
          return point !== undefined && <span key={index}>{clockText(point.at)}</span>;
        })}
        <span>{t('overview.now')}</span>
      </span>
    </div>
  );
}

function bar(index: number, bottom: number, top: number): string {
  if (bottom - top < 0.01) return '';
  const left = index * STEP + (STEP - BAR) / 2;
  return `M${left} ${bottom.toFixed(2)}V${top.toFixed(2)}h${BAR}V${bottom.toFixed(2)}z`;
}
