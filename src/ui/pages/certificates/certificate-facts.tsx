/** All that there is to know of a certificate. */
import type { CertificateAnswer } from '../../../admin/contract-certificates.ts';
import { CopyText } from '../../components/copy-text.tsx';
import { Facts } from '../../components/facts.tsx';
import { absoluteTime } from '../../format.ts';
import { t } from '../../words/words.ts';

/** Names that are shown; some certificates have hundreds. */
const MOST_NAMES = 20;

export function CertificateFacts({ certificate }: { readonly certificate: CertificateAnswer }) {
  const { subject, issuer, hosts, validFrom, validTo, key, serialNumber, fingerprint256 } = certificate;
  const names = hosts.slice(0, MOST_NAMES).join(', ') + (hosts.length > MOST_NAMES ? ', …' : '');
  return (
    <Facts
      facts={[
        [t('certificates.subject'), subject],
        [
          t('certificates.issuer'),
          certificate.selfSigned ? `${issuer} (${t('certificates.selfSigned')})` : issuer,
        ],
        [t('certificates.names'), names === '' ? t('certificates.noNames') : names],
        [t('certificates.from'), absoluteTime(validFrom)],
        [t('certificates.until'), absoluteTime(validTo)],
        [t('certificates.key'), key],
        [t('certificates.serial'), <code key="serial">{serialNumber}</code>],
        [
          t('certificates.fingerprint'),
          <CopyText key="fingerprint" text={fingerprint256} label={t('certificates.fingerprint')} />,
        ],
      ]}
    />
  );
}
