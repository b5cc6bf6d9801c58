/** What to type into a device, for each listener, and how to let the network reach one that it cannot. */
import type { Listeners } from '../../../admin/contract-overview.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { same } from '../../json.ts';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { useSettings } from '../../use-settings.ts';
import { rich, t } from '../../words/words.ts';
import { entriesOf, entryOf, textOf, withEntry } from './document.ts';
import { saveSettings } from './settings.ts';

type Listener = Listeners['listeners'][number];

export function Connect() {
  const listeners = useQuery<Listeners>('/api/v1/listeners', { topics: ['settings', 'devices'] });
  return (
    <Card title={t('devices.connect')}>
      <p class="card-lead">{t('devices.connectLead')}</p>
      <Loaded query={listeners} lines={6}>
        {({ listeners: all }) => (
          <div class="connect">
            {all.map((listener) => (
              <ListenerPanel key={listener.name} listener={listener} />
            ))}
          </div>
        )}
      </Loaded>
      <p class="card-foot">
        {rich('devices.stillAllow', {
          refused: <a href="/devices/refused">{t('devices.section-refused')}</a>,
          link: <a href="/devices/clients">{t('devices.toClients')}</a>,
        })}
      </p>
    </Card>
  );
}

function ListenerPanel({ listener }: { readonly listener: Listener }) {
  const { name, port, open, failure, onlyThisMachine, servers, address } = listener;
  return (
    <Card
      level={3}
      title={name}
      actions={
        open ? (
          <StateBadge tone="good">{t('devices.isOpen')}</StateBadge>
        ) : (
          <StateBadge tone="bad">{t('devices.isClosed')}</StateBadge>
        )
      }
    >
      {failure !== undefined && (
        <Notice kind="error" title={t('devices.closedWhy')}>
          {failure}
        </Notice>
      )}
      <Facts
        facts={[
          [t('devices.server'), <ServerNames key="server" servers={servers} all={address} />],
          [t('devices.port'), <CopyText key="port" text={String(port)} label={t('devices.port')} />],
          [t('devices.encryption'), encryptionText(listener)],
          [t('devices.user'), <UserNames key="user" listener={listener} />],
          [t('devices.from'), t('devices.fromAny')],
        ]}
      />
      {onlyThisMachine && (
        <Notice kind="warning" title={t('devices.loopback')} actions={<OpenUp listener={listener} />}>
          {t('devices.loopbackMore')}
        </Notice>
      )}
    </Card>
  );
}

function ServerNames({ servers, all }: { readonly servers: readonly string[]; readonly all: string }) {
  if (servers.length === 0) return <>{t('devices.noServers')}</>;
  const everywhere = all === '0.0.0.0' || all.startsWith('::');
  return (
    <>
      <span class="servers">
        {servers.map((server) => (
          <CopyText key={server} text={server} label={t('devices.server')} />
        ))}
      </span>
      {everywhere && (
        <small class="hint">
          {servers.length > 1 && `${t('devices.serverOr')} `}
          {t('devices.container')}
        </small>
      )}
    </>
  );
}

function encryptionText({ security, requireTls, minimumTls }: Listener): string {
  const encryption = t(
    security === 'starttls' && requireTls ? 'devices.says-starttls-required' : `devices.says-${security}`,
  );
  return security === 'none' ? encryption : t('devices.says-oldest', { encryption, version: minimumTls });
}

function UserNames({ listener: { authentication } }: { readonly listener: Listener }) {
  const { data } = useSettings();
  if (authentication === 'none') return <>{t('devices.user-none')}</>;
  const names = entriesOf(data?.document, 'users').map((user) => textOf(user, 'name'));
  const users = names.length === 0 ? t('devices.noUsers') : names.slice(0, 5).join(', ');
  return <>{t(`devices.user-${authentication}`, { users })}</>;
}

/** Listens on all addresses; as many devices as before may send. */
function OpenUp({ listener: { name, port } }: { readonly listener: Listener }) {
  const settings = useSettings();
  const before = entryOf(settings.data?.document, 'listeners', name);
  const open = useAction(async (signal) => {
    const change = {
      make: (document: unknown) =>
        withEntry(document, 'listeners', name, {
          ...(entryOf(document, 'listeners', name) ?? { name, port }),
          address: '0.0.0.0',
        }),
      fits: (document: unknown) => same(entryOf(document, 'listeners', name), before),
    };
    await saveSettings(settings, change, signal);
    return t('devices.openedUp');
  });
  const { data } = settings;
  return (
    <ConfirmButton
      action={open}
      needs="settings.write"
      disabled={data?.locked === true && t('devices.locked', { source: data.source })}
      question={t('devices.openUpAsk', { port: String(port) })}
      confirm={t('devices.openUpDo')}
    >
      {t('devices.openUp')}
    </ConfirmButton>
  );
}
