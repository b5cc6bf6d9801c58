/** Where mail goes, and whether it gets there. */
import type { Overview } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { StateBadge, type Tone } from '../../components/state-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { needsSignIn } from '../../needs-sign-in.ts';
import { number, rich, t } from '../../words/words.ts';
import { upstreamPath } from './attention.tsx';
import { AuthorizationBadge } from './authorization-badge.tsx';

type Upstream = Overview['upstreams'][number];

export function UpstreamList({ overview: { upstreams, mode } }: { readonly overview: Overview }) {
  // The test relay is always there; where nothing goes to it, it is no news.
  const shown = upstreams.filter(
    ({ kind, isDefault, waiting }) => kind !== 'test-relay' || isDefault || waiting > 0 || mode !== 'live',
  );
  return (
    <Card title={t('overview.upstreams')} actions={<a href="/email">{t('shell.email')}</a>}>
      <DataTable
        caption={t('overview.upstreams')}
        columns={columns()}
        rows={shown}
        rowKey={({ name }) => name}
        empty={<EmptyState title={t('overview.noUpstreams')}>{t('overview.noUpstreamsHow')}</EmptyState>}
      />
    </Card>
  );
}

function columns(): readonly Column<Upstream>[] {
  return [
    { key: 'name', head: t('overview.name'), cell: (upstream) => <Name upstream={upstream} /> },
    { key: 'state', head: t('overview.state'), cell: (upstream) => <Circuit upstream={upstream} /> },
    {
      key: 'authorization',
      head: t('overview.authorization'),
      cell: ({ authorization, kind }) =>
        authorization === undefined ? (
          kind !== 'test-relay' && <span class="muted">{t('overview.notNeeded')}</span>
        ) : (
          <AuthorizationBadge authorization={authorization} />
        ),
    },
    {
      key: 'test',
      head: t('overview.tested'),
      cell: ({ test, kind }) => kind !== 'test-relay' && <Tested test={test} />,
    },
    {
      key: 'waiting',
      head: t('overview.waiting'),
      number: true,
      cell: ({ name, waiting }) =>
        waiting === 0 ? (
          number(0)
        ) : (
          <a href={`/messages?state=queued&upstream=${encodeURIComponent(name)}`}>{number(waiting)}</a>
        ),
    },
    {
      key: 'today',
      head: t('overview.today'),
      number: true,
      cell: ({ recipientsToday }) => number(recipientsToday),
    },
  ];
}

function Name({ upstream: { name, kind, isDefault } }: { readonly upstream: Upstream }) {
  return (
    <>
      <a href={name === 'test-relay' ? '/messages' : upstreamPath(name)}>{name}</a>{' '}
      <span class="muted">{kindText(kind)}</span>
      {isDefault && <span class="muted"> · {t('overview.default')}</span>}
    </>
  );
}

function kindText(kind: string): string {
  switch (kind) {
    case 'smtp':
      return t('overview.kind-smtp');
    case 'graph':
      return t('overview.kind-graph');
    case 'gmail':
      return t('overview.kind-gmail');
    case 'test-relay':
      return t('overview.kind-test-relay');
    default:
      return kind;
  }
}

const CIRCUITS: Readonly<Record<Upstream['circuit'], Tone>> = {
  closed: 'good',
  'half-open': 'waiting',
  open: 'bad',
};

function Circuit({ upstream }: { readonly upstream: Upstream }) {
  const { circuit, kind, authorization, text, since, nextProbeAt } = upstream;
  if (kind === 'test-relay') return <StateBadge tone="paused">{t('overview.holds')}</StateBadge>;
  if (circuit === 'closed' && needsSignIn(authorization)) {
    return <StateBadge tone="paused">{t('overview.waitsForSignIn')}</StateBadge>;
  }
  return (
    <>
      <StateBadge tone={CIRCUITS[circuit]}>{t(`overview.circuit-${circuit}`)}</StateBadge>
      {circuit !== 'closed' && text !== undefined && <p class="reason">{text}</p>}
      {circuit !== 'closed' && (
        <p class="reason">
          {since !== undefined && rich('overview.since', { time: <TimeText at={since} /> })}{' '}
          {nextProbeAt !== undefined && rich('overview.nextProbe', { time: <TimeText at={nextProbeAt} /> })}
        </p>
      )}
    </>
  );
}

function Tested({ test }: { readonly test: Upstream['test'] }) {
  if (test === undefined) return <span class="muted">{t('overview.test-never')}</span>;
  const { result, current, at } = test;
  const tone: Tone = !current
    ? 'neutral'
    : result === 'ok'
      ? 'good'
      : result === 'warning'
        ? 'warning'
        : 'bad';
  return (
    <>
      <StateBadge tone={tone} {...(test.text === undefined ? {} : { title: test.text })}>
        {current ? t(`overview.test-${result}`) : t('overview.test-old')}
      </StateBadge>{' '}
      <span class="muted">
        <TimeText at={at} />
      </span>
    </>
  );
}
