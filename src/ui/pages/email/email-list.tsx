/** Every upstream with how it stands, and what all of them share: who is told, as whom, and where Postern is reached. */
import type { Authorization } from '../../../admin/contract-authorizations.ts';
import type { TestedUpstream } from '../../../admin/contract-configuration.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { Page } from '../../components/page.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import type { JsonObject } from '../../json.ts';
import { needsSignIn } from '../../needs-sign-in.ts';
import { useMay } from '../../session.ts';
import { useSettings } from '../../use-settings.ts';
import { t } from '../../words/words.ts';
import { AuthorizationState } from './authorization-card.tsx';
import {
  defaultUpstreamOf,
  documentOf,
  upstreamsOf,
  useAuthorizations,
  usePresets,
  useUpstreams,
} from './configuration.ts';
import { GeneralCard } from './general-card.tsx';
import { numberAt, textAt } from './json.ts';
import { LockedNotice } from './locked-notice.tsx';
import { OutOfOrder } from './out-of-order.tsx';
import { RoutesCard } from './routes-card.tsx';
import { TestState } from './test-card.tsx';
import { presetOf } from './ways.ts';

export function EmailList() {
  const settings = useSettings();
  const presets = usePresets();
  const standing = useUpstreams();
  const authorizations = useAuthorizations();
  // What says how the upstreams stand would push down what is below.
  const aside = presets.loading || standing.loading || authorizations.loading;
  const may = useMay('settings.write');
  const locked = settings.data?.locked === true;
  return (
    <Page
      title={t('email.title')}
      lead={t('email.lead')}
      actions={
        may &&
        !locked && (
          <a class="button" href="/email/new">
            {t('email.add')}
          </a>
        )
      }
    >
      <Loaded query={aside ? { ...settings, data: undefined } : settings} lines={10}>
        {(answer) => {
          const document = documentOf(answer);
          const upstreams = upstreamsOf(document);
          const byDefault = defaultUpstreamOf(document);
          return (
            <>
              <LockedNotice settings={answer} />
              <Card title={t('email.upstreams')}>
                {upstreams.length === 0 ? (
                  <EmptyState
                    title={t('email.none')}
                    actions={
                      may &&
                      !locked && (
                        <a class="button main" href="/email/new">
                          {t('email.connect')}
                        </a>
                      )
                    }
                  >
                    {t('email.noneHow')}
                  </EmptyState>
                ) : (
                  <ul class="upstreams">
                    {upstreams.map((upstream) => {
                      const name = textAt(upstream, ['name']);
                      return (
                        <UpstreamRow
                          key={name}
                          name={name}
                          about={aboutUpstream(upstream, presets.data?.presets ?? [])}
                          isDefault={name === byDefault}
                          status={standing.data?.upstreams.find((each) => each.name === name)}
                          authorization={authorizations.data?.authorizations.find(
                            (each) => each.upstream === name,
                          )}
                          oauth={textAt(upstream, ['authentication', 'type']) === 'oauth2'}
                        />
                      );
                    })}
                  </ul>
                )}
                {upstreams.length > 0 && byDefault === '' && (
                  <Notice kind="warning" title={t('email.noDefault')} remedy={t('email.noDefaultRemedy')} />
                )}
              </Card>
              <GeneralCard
                settings={settings}
                answer={answer}
                upstreams={upstreams.map((each) => textAt(each, ['name']))}
              />
              <RoutesCard document={document} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function UpstreamRow(props: {
  readonly name: string;
  readonly about: string;
  readonly isDefault: boolean;
  readonly status: TestedUpstream | undefined;
  readonly authorization: Authorization | undefined;
  readonly oauth: boolean;
}) {
  const { name, about, isDefault, status, authorization, oauth } = props;
  const application = authorization === undefined && oauth;
  // What works but for a sign-in does not work; the word on the sign-in says so.
  const waits = status?.circuit === 'closed' && needsSignIn(authorization);
  return (
    <li>
      <div class="upstream-head">
        <h3>
          <a href={`/email/${encodeURIComponent(name)}`}>{name}</a>
        </h3>
        {isDefault && <StateBadge tone="info">{t('email.isDefault')}</StateBadge>}
        <span class="muted">{about}</span>
      </div>
      <div class="upstream-state">
        {status !== undefined && !waits && <Circuit status={status} />}
        {oauth && !application && <AuthorizationState authorization={authorization} />}
        <span>
          <TestState standing={status?.test} dirty={false} />
        </span>
      </div>
      <OutOfOrder status={status} />
    </li>
  );
}

function Circuit({ status }: { readonly status: TestedUpstream }) {
  switch (status.circuit) {
    case 'closed':
      return <StateBadge tone="good">{t('email.circuit-closed')}</StateBadge>;
    case 'half-open':
      return <StateBadge tone="waiting">{t('email.circuit-half-open')}</StateBadge>;
    case 'open':
      return <StateBadge tone="bad">{t('email.circuit-open')}</StateBadge>;
  }
}

function aboutUpstream(upstream: JsonObject, presets: Parameters<typeof presetOf>[1]): string {
  const preset = t(`email.preset-${presetOf(upstream, presets)}`);
  const host = textAt(upstream, ['host']);
  const port = numberAt(upstream, ['port']) ?? 587;
  const who =
    textAt(upstream, ['authentication', 'mailbox']) || textAt(upstream, ['authentication', 'email']);
  const account = who || textAt(upstream, ['authentication', 'user']);
  const kind = textAt(upstream, ['kind']);
  const way =
    kind === 'smtp'
      ? host === ''
        ? ''
        : `${host}:${port}`
      : kind === 'test-relay'
        ? ''
        : t(`email.kind-${kind === 'graph' ? 'graph' : 'gmail'}`);
  return [preset, way, account].filter((part) => part !== '').join(' · ');
}
