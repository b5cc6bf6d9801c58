/** Certificates that Postern trusts, and those that it shows. */
import { useRoute } from 'preact-iso';
import { Page } from '../components/page.tsx';
import { SectionNav } from '../components/section-nav.tsx';
import { t } from '../words/words.ts';
import { FetchCard } from './certificates/fetch-card.tsx';
import { ImportCard } from './certificates/import-card.tsx';
import { OwnList } from './certificates/own-list.tsx';
import { TrustedList } from './certificates/trusted-list.tsx';

export function CertificatesPage() {
  const { path, query } = useRoute();
  const own = path === '/certificates/own';
  const asked = query['fetch'];
  return (
    <Page title={t('certificates.title')} lead={t('certificates.lead')}>
      <SectionNav
        label={t('certificates.sections')}
        sections={[
          { href: '/certificates', label: t('certificates.section-trusted') },
          { href: '/certificates/own', label: t('certificates.section-own') },
        ]}
      />
      {own ? (
        <OwnList />
      ) : (
        <>
          {asked !== undefined && <FetchCard address={asked} security={query['security']} />}
          <TrustedList />
          {asked === undefined && <FetchCard />}
          <ImportCard />
        </>
      )}
    </Page>
  );
}
