/** What a server has shown: its chain, what is wrong with it, and the choice of what to trust. */
import type { FetchedChain } from '../../../admin/contract-certificates.ts';
import { Notice } from '../../components/notice.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { t } from '../../words/words.ts';
import { CertificateFacts } from './certificate-facts.tsx';
import { CertificateName } from './certificate-name.tsx';
import { TrustChoice } from './trust-choice.tsx';
import { Validity } from './validity.tsx';

export function FetchedChainView(props: {
  readonly host: string;
  readonly fetched: FetchedChain;
  /** One of them has been trusted. */
  readonly onTrusted: (said: string) => void;
}) {
  const { host, fetched, onTrusted } = props;
  const { chain, trusted, problems, protocol, recommended } = fetched;
  const verdict = trusted ? 'isTrusted' : recommended === undefined ? 'hopeless' : 'notTrusted';
  return (
    <div class="fetched" role="region" aria-label={t('certificates.chain', { host })}>
      <Notice
        kind={trusted ? 'success' : recommended === undefined ? 'error' : 'info'}
        title={t(`certificates.${verdict}`, { host })}
      >
        {t(`certificates.${verdict}More`)}
      </Notice>
      {problems.map(({ text, remedy }) => (
        <Notice key={text} kind="warning" title={text} {...(remedy === undefined ? {} : { remedy })} />
      ))}
      <h3>{t('certificates.chain', { host })}</h3>
      <ol class="chain">
        {chain.map((certificate, index) => (
          <li key={certificate.fingerprint256}>
            <div class="chain-head">
              <div>
                <CertificateName certificate={certificate} />
              </div>
              <div>
                <Validity {...certificate} />
              </div>
              {index === recommended && <StateBadge tone="info">{t('certificates.recommended')}</StateBadge>}
            </div>
            <CertificateFacts certificate={certificate} />
          </li>
        ))}
      </ol>
      {protocol !== undefined && <p class="protocol">{protocol}</p>}
      {recommended !== undefined && !trusted && (
        <TrustChoice host={host} fetched={fetched} recommended={recommended} onTrusted={onTrusted} />
      )}
    </div>
  );
}
