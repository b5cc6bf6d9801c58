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
  const only = anchor.host === undefined ? '' : ` for ${anchor.host}`;
  const host = anchor.host === undefined ? '' : ` --host ${anchor.host}`;
  return {
    kind: 'trust-anchor',
    name: `${file} ${anchor.fingerprint256.slice(0, 11)}`,
    subject: `The trust anchor ${anchor.name}${only} (${file})`,
    expiresAt: anchor.validTo,
    remedy: `Import its successor, on the page Certificates or with ${ownCommand(`import-cert FILE${host}`)}; remove this one where no server shows it any more.`,
  };
}

/** What listeners show to devices, and the admin to browsers. What Postern made renews itself. */
export function expiryOfServerCertificate(
  name: string,
  user: { readonly listeners: readonly string[]; readonly admin: boolean },
  { certificate }: ServerCertificate,
): Expiring | undefined {
  const leaf = leafInPem(certificate);
  if (leaf === undefined || isOwnMake(leaf)) return undefined;
  const { listeners } = user;
  const users = [
    ...(listeners.length === 0
      ? []
      : [`${listeners.length === 1 ? 'listener' : 'listeners'} ${listeners.join(', ')}`]),
    ...(user.admin ? ['the admin'] : []),
  ];
  return {
    kind: 'server-certificate',
    name,
    subject: `The server certificate ${name} (${users.join(' and ')})`,
    expiresAt: leaf.validToDate.getTime(),
    remedy: `Put the new one in its place on the page Certificates, or as ${name}.crt and ${name}.key in the directory certificates; it counts at once.`,
  };
}
