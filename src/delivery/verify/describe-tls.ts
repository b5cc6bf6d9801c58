import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { dayOf, describeCertificate } from '../../certificates/inspect.ts';
import { type Finding, ok, warning } from './verification.ts';

/** What was agreed on in a TLS handshake, as people want to see it. */
export interface TlsDescription {
  readonly version: string;
  readonly cipher: string;
  /** A line for each certificate, the server's own first. */
  readonly chain: readonly string[];
  /** The server's own certificate. */
  readonly name?: string;
  readonly issuer?: string;
  /** ms since 1970. */
  readonly validTo?: number;
}

const DAY = 86_400_000;
/** Days that are left when it is time to say so. */
const SOON = 30;
/** Certificates of a chain that are shown; a server may send any number. */
const LONGEST_CHAIN = 10;

/** Reads the connection; undefined when it is not encrypted. */
export function describeTls(socket: Socket): TlsDescription | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const leaf = socket.getPeerX509Certificate();
  const chain: X509Certificate[] = [];
  for (let next = leaf; next && chain.length < LONGEST_CHAIN; next = next.issuerCertificate) {
    if (chain.some((known) => known.fingerprint256 === next?.fingerprint256)) break;
    chain.push(next);
  }
  const own = leaf === undefined ? undefined : describeCertificate(leaf);
  return {
    version: socket.getProtocol() ?? 'TLS',
    cipher: socket.getCipher().standardName || socket.getCipher().name,
    chain: chain.map(lineOf),
    ...(own === undefined ? {} : { name: own.name, issuer: issuerName(own.issuer), validTo: own.validTo }),
  };
}

/** The finding for a connection whose certificate was accepted. */
export function tlsFinding(tls: TlsDescription, host: string, now: number): Finding {
  const details = detailsOf(tls, now);
  const text = `${tls.version}, ${tls.cipher}; certificate of ${tls.name ?? host} by ${tls.issuer ?? 'an authority'}, valid until ${dayOf(tls.validTo ?? now)}.`;
  const left = daysLeft(tls, now);
  if (left !== undefined && left < SOON) {
    return warning(
      `${text} That is in ${left} ${left === 1 ? 'day' : 'days'}.`,
      `Ask the operator of ${host} to renew the certificate before ${dayOf(tls.validTo ?? now)}; behind that day no mail leaves over it.`,
      { details },
    );
  }
  if (tls.version === 'TLSv1' || tls.version === 'TLSv1.1') {
    return warning(
      `${text} This version of TLS is outdated.`,
      `Renew the server ${host}, or its TLS library.`,
      {
        details,
      },
    );
  }
  return ok(text, { details });
}

/** What is worth seeing of a connection, whether it was accepted or not. */
export function detailsOf(tls: TlsDescription, now: number): NonNullable<Finding['details']> {
  const left = daysLeft(tls, now);
  return {
    version: tls.version,
    cipher: tls.cipher,
    ...(left === undefined ? {} : { daysLeft: left }),
    ...(tls.chain.length === 0 ? {} : { chain: tls.chain }),
  };
}

function daysLeft({ validTo }: TlsDescription, now: number): number | undefined {
  return validTo === undefined ? undefined : Math.max(0, Math.floor((validTo - now) / DAY));
}

function lineOf(certificate: X509Certificate): string {
  const { subject, issuer, validFrom, validTo, fingerprint256, hosts } = describeCertificate(certificate);
  const names = hosts.length === 0 ? '' : `; names ${hosts.slice(0, 5).join(', ')}`;
  return `${subject}; issued by ${issuer}${names}; ${dayOf(validFrom)} to ${dayOf(validTo)}; SHA-256 ${fingerprint256}`;
}

/** The common name of a distinguished name on one line. */
function issuerName(name: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(name)?.[1] ?? name;
}
