/** Who sends, how devices reach Postern, and who was refused. */
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { Page } from '../components/page.tsx';
import { SectionNav } from '../components/section-nav.tsx';
import { t } from '../words/words.ts';
import { ClientForm, UserForm } from './devices/client-form.tsx';
import { Clients } from './devices/clients.tsx';
import { Connect } from './devices/connect.tsx';
import { ListenerForm } from './devices/listener-form.tsx';
import { Listeners } from './devices/listeners.tsx';
import { Refused, useRefusals } from './devices/refused.tsx';
import { Said } from './devices/said.tsx';
import { Seen } from './devices/seen.tsx';

export function DevicesPage() {
  const { path } = useLocation();
  const { data } = useRefusals();
  const [, , section = '', name] = path.split('/').map((part) => decoded(part));
  return (
    <Page title={t('devices.title')} lead={t('devices.lead')}>
      <SectionNav
        label={t('devices.sections')}
        sections={[
          { href: '/devices', label: t('devices.section-senders') },
          {
            href: '/devices/refused',
            label: t('devices.section-refused'),
            ...(data === undefined ? {} : { count: data.denied.length }),
          },
          { href: '/devices/clients', label: t('devices.section-clients') },
          { href: '/devices/listeners', label: t('devices.section-listeners') },
        ]}
      />
      {name === undefined && <Said key={section} />}
      {partOf(section, name)}
    </Page>
  );
}

function partOf(section: string, name: string | undefined): ComponentChildren {
  switch (`${section}${name === undefined ? '' : '/'}`) {
    case 'refused':
      return <Refused />;
    case 'clients':
      return <Clients />;
    case 'listeners':
      return <Listeners />;
    case 'clients/':
      return <ClientForm key={name} name={name} />;
    case 'users/':
      return <UserForm key={name} name={name} />;
    case 'listeners/':
      return <ListenerForm key={name} name={name} />;
    case 'add/':
      return newEntry(name);
    default:
      return (
        <>
          <Connect />
          <Seen />
        </>
      );
  }
}

function newEntry(kind: string | undefined): ComponentChildren {
  if (kind === 'user') return <UserForm />;
  return kind === 'listener' ? <ListenerForm /> : <ClientForm />;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
