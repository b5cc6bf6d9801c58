import { basename } from 'node:path';
import type { TrustAnchor } from '../certificates/anchor-file.ts';
import { leafInPem } from '../certificates/leaf-in-pem.ts';
import { isOwnMake } from '../certificates/make-self-signed.ts';
import type { ServerCertificate } from '../certificates/sources.ts';

import { ownCommand } from '../shared/own-commands.ts';
import type { Expiring } from './expiry.ts';

/** When imported certificates and those of our own end. Pure. */

/** An imported certificate; upstreams that only it vouches for are refused when it has ended. */
export function expiryOfTrustAnchor(anchor: TrustAnchor): Expiring {
  const file = basename(anchor.file);
  return {
    kind: 'trust-anchor',
    name: `${file} ${anchor.fingerprint256.slice(0, 11)}`,
    subject: `The trust anchor ${anchor.name} (${file})`,
    expiresAt: anchor.validTo,
    remedy: `Import its successor: ${ownCommand('import-cert FILE')}; remove ${file} if no server shows it any more.`,
  };
}

/** What a listener shows to devices. The one that Postern made renews itself. */
export function expiryOfServerCertificate(
  name: string,
  listeners: readonly string[],
  { certificate }: ServerCertificate,
): Expiring | undefined {
  const leaf = leafInPem(certificate);
  if (leaf === undefined || isOwnMake(leaf)) return undefined;
  return {
    kind: 'server-certificate',
    name,
    subject: `The server certificate ${name} (${listeners.length === 1 ? 'listener' : 'listeners'} ${listeners.join(', ')})`,
    expiresAt: leaf.validToDate.getTime(),
    remedy: `Put the new one in place as ${name}.crt and ${name}.key in the directory certificates; it counts at once.`,
  };
}
