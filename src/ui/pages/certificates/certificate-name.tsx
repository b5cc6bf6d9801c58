/** What a certificate is called, what it is, and who vouches for it. */
import type { CertificateAnswer } from '../../../admin/contract-certificates.ts';
import { t } from '../../words/words.ts';

export function CertificateName({ certificate }: { readonly certificate: CertificateAnswer }) {
  const { name, kind, issuer, selfSigned } = certificate;
  const by = /(?:^|, )CN=([^,]+)/.exec(issuer)?.[1] ?? issuer;
  return (
    <>
      <span class="certificate-name">{name}</span>
      <span class="beneath">
        {kind === 'authority' ? t('certificates.authority') : t('certificates.server')},{' '}
        {selfSigned ? t('certificates.selfSigned') : t('certificates.issuedBy', { name: by })}
      </span>
    </>
  );
}
