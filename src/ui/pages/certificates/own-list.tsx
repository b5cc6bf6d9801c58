/** Certificates that Postern shows to devices and browsers. */
import { useState } from 'preact/hooks';
import type { ServerCertificateAnswer } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { CertificateFacts } from './certificate-facts.tsx';
import { CertificateName } from './certificate-name.tsx';
import { MakeDialog } from './make-dialog.tsx';
import { RequestDialog } from './request-dialog.tsx';
import { UploadDialog } from './upload-dialog.tsx';
import { Validity } from './validity.tsx';

/** Ways to a new one. */
const ADDITIONS = ['add', 'make'] as const;

/** What is done to one that is there; a request needs its key. */
const CHANGES = ['replace', 'request'] as const;
const ONLY_REPLACE = ['replace'] as const;

/** What is open over the list. */
type Open =
  | { readonly what: 'add' | 'make' }
  | { readonly what: 'replace' | 'request'; readonly name: string };

export function OwnList() {
  const query = useQuery<{ readonly certificates: readonly ServerCertificateAnswer[] }>(
    '/api/v1/server-certificates',
    { topics: ['certificates', 'settings'] },
  );
  const [open, setOpen] = useState<Open>();
  const [said, setSaid] = useState('');
  const close = (words = '') => {
    setOpen(undefined);
    setSaid(words);
    query.reload();
  };
  const names = query.data?.certificates.map(({ name }) => name) ?? [];
  return (
    <Card title={t('certificates.own')} actions={<Buttons onOpen={(what) => setOpen({ what })} />}>
      <p class="card-lead">{t('certificates.ownLead')}</p>
      <p role="status" class="answer">
        {said}
      </p>
      <Loaded query={query} lines={5}>
        {({ certificates }) =>
          certificates.length === 0 ? (
            <EmptyState title={t('certificates.ownNone')}>{t('certificates.ownNoneHow')}</EmptyState>
          ) : (
            <ul class="own-certificates">
              {certificates.map((one) => (
                <li key={one.name}>
                  <OwnCertificate one={one} onOpen={setOpen} onDeleted={close} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.what === 'add' && <UploadDialog onClose={close} />}
      {open?.what === 'replace' && <UploadDialog name={open.name} onClose={close} />}
      {open?.what === 'make' && <MakeDialog names={names} onClose={close} />}
      {open?.what === 'request' && <RequestDialog name={open.name} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

function Buttons({ onOpen }: { readonly onOpen: (what: 'add' | 'make') => void }) {
  const may = useMay('certificates.write');
  const refused = may ? {} : { title: t('common.mayNot') };
  return (
    <div class="buttons">
      {ADDITIONS.map((what) => (
        <button
          key={what}
          type="button"
          class={what === 'add' ? 'main' : 'plain'}
          aria-disabled={!may}
          {...refused}
          onClick={() => {
            if (may) onOpen(what);
          }}
        >
          {t(`certificates.${what}`)}
        </button>
      ))}
    </div>
  );
}

function OwnCertificate(props: {
  readonly one: ServerCertificateAnswer;
  readonly onOpen: (open: Open) => void;
  readonly onDeleted: (words: string) => void;
}) {
  const { one, onOpen, onDeleted } = props;
  const { name, certificate, chain, problem, remedy, own, usedBy } = one;
  const may = useMay('certificates.write');
  const users = usedBy.map((user) => (user === 'admin' ? t('certificates.admin') : user));
  const remove = useAction(async (signal) => {
    await send('DELETE', `/api/v1/server-certificates/${encodeURIComponent(name)}`, undefined, { signal });
    onDeleted(t('certificates.deleted', { name }));
  });
  return (
    <section class="own-certificate" aria-label={name}>
      <div class="chain-head">
        <h3>{name}</h3>
        {own && <StateBadge tone="good">{t('certificates.ownMade')}</StateBadge>}
        {certificate === undefined && <StateBadge tone="bad">{t('certificates.unusableOwn')}</StateBadge>}
      </div>
      {problem !== undefined && (
        <Notice kind="warning" title={problem} {...(remedy === undefined ? {} : { remedy })} />
      )}
      <Facts
        facts={[
          [
            t('certificates.issuedFor'),
            certificate === undefined ? undefined : certificate.hosts.join(', ') || certificate.name,
          ],
          [
            t('certificates.certificate'),
            certificate === undefined ? undefined : <CertificateName key="name" certificate={certificate} />,
          ],
          [t('certificates.validity'), certificate === undefined ? undefined : <Validity {...certificate} />],
          [t('certificates.usedBy'), users.length === 0 ? t('certificates.nobody') : users.join(', ')],
        ]}
      />
      {certificate !== undefined && (
        <Disclosure summary={t('certificates.details')}>
          {[certificate, ...chain].map((each) => (
            <CertificateFacts key={each.fingerprint256} certificate={each} />
          ))}
        </Disclosure>
      )}
      <div class="buttons">
        {(certificate === undefined ? ONLY_REPLACE : CHANGES).map((what) => (
          <button
            key={what}
            type="button"
            class="plain"
            aria-disabled={!may}
            {...(may ? {} : { title: t('common.mayNot') })}
            onClick={() => {
              if (may) onOpen({ what, name });
            }}
          >
            {t(`certificates.${what}`)}
            <span class="hidden"> {name}</span>
          </button>
        ))}
        <ConfirmButton
          action={remove}
          look="quiet"
          needs="certificates.write"
          disabled={usedBy.length > 0 && t('certificates.inUse')}
          question={t('certificates.deleteQuestion', { name })}
          confirm={t('certificates.deleteConfirm')}
        >
          {t('certificates.delete')}
          <span class="hidden"> {name}</span>
        </ConfirmButton>
      </div>
    </section>
  );
}
