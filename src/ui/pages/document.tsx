/** The settings as a document: edited as YAML, with the history of what was in force and the way back. */
import { useRoute } from 'preact-iso';
import { Page } from '../components/page.tsx';
import { SectionNav } from '../components/section-nav.tsx';
import { t } from '../words/words.ts';
import { History } from './document/history.tsx';
import { Revision } from './document/revision.tsx';
import { SettingsEditor } from './document/settings-editor.tsx';

export function DocumentPage() {
  const { path, params } = useRoute();
  const revision = Number(params['revision']);
  return (
    <Page title={t('shell.document')} lead={t('document.lead')}>
      <SectionNav
        label={t('document.parts')}
        current={path.startsWith('/settings/history') ? '/settings/history' : '/settings'}
        sections={[
          { href: '/settings', label: t('document.edit') },
          { href: '/settings/history', label: t('document.history') },
        ]}
      />
      {path === '/settings' && <SettingsEditor />}
      {path === '/settings/history' && <History />}
      {Number.isSafeInteger(revision) && <Revision key={revision} revision={revision} />}
    </Page>
  );
}
