/** What a person has to do something about: each with its remedy, and a button that does it or leads there. */
import type { ComponentChildren } from 'preact';
import type { Overview } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { Icon } from '../../components/icon.tsx';
import { StateBadge, type Tone } from '../../components/state-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { needsSignIn } from '../../needs-sign-in.ts';
import { rich, t } from '../../words/words.ts';
import { ProbeButton } from './probe-button.tsx';

interface Item {
  readonly key: string;
  readonly level: 'critical' | 'warning';
  readonly text: string;
  readonly remedy?: string | undefined;
  readonly when?: ComponentChildren;
  readonly actions: ComponentChildren;
}

/** What is shown at once; more of it would push away how mail flows. What is critical is always shown. */
const MOST = 5;

export function Attention({ overview }: { readonly overview: Overview }) {
  const items = itemsOf(overview);
  const first = Math.max(MOST, items.filter(({ level }) => level === 'critical').length);
  return (
    <Card
      title={t('overview.attention')}
      actions={items.length > 0 && <span class="count">{items.length}</span>}
    >
      {items.length === 0 ? (
        <p class="all-well">
          <Icon name="good" /> {t('overview.nothing')}
        </p>
      ) : (
        <>
          <Items items={items.slice(0, first)} />
          {items.length > first && (
            <Disclosure summary={t('overview.moreAttention', { count: items.length - first })}>
              <Items items={items.slice(first)} />
            </Disclosure>
          )}
        </>
      )}
    </Card>
  );
}

function Items({ items }: { readonly items: readonly Item[] }) {
  return (
    <ul class="attention">
      {items.map((item) => (
        <AttentionItem key={item.key} item={item} />
      ))}
    </ul>
  );
}

function AttentionItem({ item: { level, text, remedy, when, actions } }: { readonly item: Item }) {
  const tone: Tone = level === 'critical' ? 'bad' : 'warning';
  return (
    <li>
      <StateBadge tone={tone}>{t(`overview.level-${level}`)}</StateBadge>
      <div class="attention-text">
        <p>
          {text} {when !== undefined && <span class="when">{when}</span>}
        </p>
        {remedy !== undefined && <p class="remedy">{remedy}</p>}
      </div>
      <div class="buttons">{actions}</div>
    </li>
  );
}

function itemsOf(overview: Overview): readonly Item[] {
  const { alerts, expiry, listeners, refusedDevices } = overview;
  const said = new Set(alerts.map(({ text }) => text));
  const items: Item[] = [
    ...listeners
      .filter(({ open }) => !open)
      .map(
        ({ name, failure }): Item => ({
          key: `listener ${name}`,
          level: 'critical',
          text: t('overview.listenerClosed', { name }),
          remedy: failure,
          actions: <Lead to="/settings">{t('overview.toSettings')}</Lead>,
        }),
      ),
    ...alerts.map(
      (alert): Item => ({
        key: alert.key,
        level: alert.level,
        text: alert.text,
        remedy: alert.remedy,
        when: rich('overview.since', { time: <TimeText at={alert.since} /> }),
        actions: actionsOf(alert, overview),
      }),
    ),
    // An alert that says the same stands above already.
    ...expiry
      .filter(({ text, level }) => level !== 'ok' && !said.has(text))
      .map(
        (one): Item => ({
          key: `${one.kind} ${one.name}`,
          level: one.level === 'critical' ? 'critical' : 'warning',
          text: one.text,
          remedy: one.remedy,
          actions: <ExpiryLead kind={one.kind} upstream={one.upstream} />,
        }),
      ),
  ];
  if (refusedDevices > 0) {
    items.push({
      key: 'refused',
      level: 'warning',
      text: t('overview.refused', { count: refusedDevices }),
      remedy: t('overview.refusedRemedy'),
      actions: <Lead to="/devices/refused">{t('overview.toRefused')}</Lead>,
    });
  }
  return items.toSorted((a, b) => Number(b.level === 'critical') - Number(a.level === 'critical'));
}

function actionsOf(alert: Overview['alerts'][number], { upstreams, expiry }: Overview): ComponentChildren {
  const expiring = expiry.find(({ text }) => text === alert.text);
  if (expiring !== undefined) return <ExpiryLead kind={expiring.kind} upstream={expiring.upstream} />;
  if (alert.upstream === undefined) return <Lead to="/messages">{t('overview.toMessages')}</Lead>;
  const upstream = upstreams.find(({ name }) => name === alert.upstream);
  const signIn = upstream !== undefined && needsSignIn(upstream.authorization);
  return (
    <>
      <Lead to={upstreamPath(alert.upstream)}>
        {signIn ? t('overview.signIn') : t('overview.toUpstream')}
      </Lead>
      {upstream !== undefined && upstream.circuit !== 'closed' && !signIn && (
        <ProbeButton name={upstream.name} />
      )}
    </>
  );
}

function ExpiryLead(props: {
  readonly kind: Overview['expiry'][number]['kind'];
  readonly upstream: string | undefined;
}) {
  const { kind, upstream } = props;
  if (kind === 'trust-anchor' || kind === 'server-certificate' || upstream === undefined) {
    return <Lead to="/certificates">{t('overview.toCertificates')}</Lead>;
  }
  return <Lead to={upstreamPath(upstream)}>{t('overview.toUpstream')}</Lead>;
}

function Lead({ to, children }: { readonly to: string; readonly children: ComponentChildren }) {
  return (
    <a class="button" href={to}>
      {children}
    </a>
  );
}

/** Where an upstream is configured. */
export function upstreamPath(name: string): string {
  return `/email/${encodeURIComponent(name)}`;
}
