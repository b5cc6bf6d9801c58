/** Who may send: by address, and by user name. */
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { isObject } from '../../json.ts';
import { useSettings } from '../../use-settings.ts';
import { t } from '../../words/words.ts';
import { type Entry, entriesOf, textOf, textsOf } from './document.ts';
import { entryLink } from './seen.tsx';

export function Clients() {
  const settings = useSettings();
  return (
    <>
      <Card title={t('devices.clients')} actions={<Add kind="client" label={t('devices.addClient')} />}>
        <p class="card-lead">{t('devices.clientsLead')}</p>
        <Loaded query={settings}>
          {({ document }) => (
            <DataTable
              caption={t('devices.clients')}
              columns={columns('clients')}
              rows={entriesOf(document, 'clients')}
              rowKey={(entry) => textOf(entry, 'name')}
            />
          )}
        </Loaded>
      </Card>
      <Card title={t('devices.users')} actions={<Add kind="user" label={t('devices.addUser')} />}>
        <p class="card-lead">{t('devices.usersLead')}</p>
        <Loaded query={settings}>{({ document }) => <Users document={document} />}</Loaded>
      </Card>
    </>
  );
}

function Users({ document }: { readonly document: unknown }) {
  const users = entriesOf(document, 'users');
  const asked = entriesOf(document, 'listeners').some(
    ({ authentication = 'none' }) => authentication !== 'none',
  );
  return (
    <>
      {users.length > 0 && !asked && (
        <Notice kind="warning">
          {t('devices.usersUseless')} <a href="/devices/listeners">{t('devices.section-listeners')}</a>
        </Notice>
      )}
      <DataTable
        caption={t('devices.users')}
        columns={columns('users')}
        rows={users}
        rowKey={(entry) => textOf(entry, 'name')}
        empty={<EmptyState title={t('devices.usersNone')}>{t('devices.usersNoneHow')}</EmptyState>}
      />
    </>
  );
}

/** Leads to the form of a new entry. */
export function Add({
  kind,
  label,
}: {
  readonly kind: 'client' | 'user' | 'listener';
  readonly label: string;
}) {
  return (
    <a class="button" href={`/devices/add/${kind}`}>
      {label}
    </a>
  );
}

function columns(section: 'clients' | 'users'): readonly Column<Entry>[] {
  const networks: Column<Entry> = {
    key: 'networks',
    head: t('devices.networks'),
    cell: (entry) => <Several texts={textsOf(entry, 'networks', [])} />,
  };
  return [
    {
      key: 'name',
      head: t('devices.name'),
      cell: (entry) => <a href={entryLink(section, textOf(entry, 'name'))}>{textOf(entry, 'name')}</a>,
    },
    ...(section === 'clients' ? [networks] : []),
    { key: 'senders', head: t('devices.senders'), cell: (entry) => <Senders entry={entry} /> },
    {
      key: 'upstream',
      head: t('devices.upstream'),
      cell: (entry) => textOf(entry, 'upstream', t('devices.byRoutes')),
    },
  ];
}

function Senders({ entry }: { readonly entry: Entry }) {
  const senders = textsOf(entry, 'senders', ['*']);
  const address = textOf(entry, 'rewriteSender');
  return (
    <>
      {senders.includes('*') ? t('devices.anySender') : <Several texts={senders} />}
      {address !== '' && <small class="beneath">{t('devices.rewritten', { address })}</small>}
      {isObject(entry['compatibility']) && Object.keys(entry['compatibility']).length > 0 && (
        <small class="beneath">{t('devices.old')}</small>
      )}
    </>
  );
}

/** The first few of a list, one below the other. */
function Several({ texts }: { readonly texts: readonly string[] }) {
  const most = 6;
  return (
    <>
      {texts.slice(0, most).map((text) => (
        <span key={text} class="line">
          {text}
        </span>
      ))}
      {texts.length > most && <span class="line">…</span>}
    </>
  );
}
