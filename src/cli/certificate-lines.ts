import type { CertificateAnswer } from '../admin/contract-certificates.ts';
import { localTime, safe } from './output.ts';

/** What is shown of a certificate, a line each, each behind `indent`. */
export function certificateLines(
  one: Pick<CertificateAnswer, 'subject' | 'issuer' | 'validFrom' | 'validTo' | 'fingerprint256'> &
    Partial<Pick<CertificateAnswer, 'hosts' | 'key'>>,
  indent = '  ',
): string {
  const { hosts = [], key } = one;
  const rows: readonly (readonly [string, string])[] = [
    ['subject', safe(one.subject)],
    ['issued by', safe(one.issuer)],
    ...(hosts.length === 0 ? [] : [['for', safe(hosts.slice(0, 10).join(', '))] as const]),
    ...(key === undefined ? [] : [['key', safe(key)] as const]),
    ['valid', `${localTime(one.validFrom)} to ${localTime(one.validTo)}`],
    ['fingerprint', safe(one.fingerprint256)],
  ];
  return rows.map(([name, value]) => `${indent}${name.padEnd(12)} ${value}\n`).join('');
}
