import { type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { errorCode } from '../shared/errors.ts';
import { dayOf, describeCertificate, isSelfSigned } from './inspect.ts';
import { issuedBy, type OrderedChain } from './order-chain.ts';

/**
 * Whether a server certificate does its work: what makes devices refuse it is refused here, before it is in force, and what is only
 * odd is said. Pure.
 */
export interface Judgement {
  /** Completes "the certificate cannot be used: …"; absent where it can. */
  readonly refusal?: { readonly text: string; readonly remedy: string };
  /** Whole sentences. */
  readonly warnings: readonly string[];
}

export interface JudgementContext {
  /** ms since 1970. */
  readonly now: number;
  /** PEM; issuers that devices may know without being told. */
  readonly authorities: readonly string[];
  /** Names under which this certificate will be met. */
  readonly names: readonly string[];
}

const DAY = 86_400_000;
const SOON = 30 * DAY;
const LEAST_RSA = 2048;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';
/** In the names of signature algorithms. */
export const OLD_HASH = /sha-?1(?!\d)|md[245]/i;
const NEW_KEY = 'make a new key and have a certificate issued for it';

export function judgePair(ordered: OrderedChain, key: KeyObject, context: JudgementContext): Judgement {
  const refusal = refusalOf(ordered, key, context.now);
  return refusal ? { refusal, warnings: [] } : { warnings: warningsOf(ordered, context) };
}

function refusalOf({ chain }: OrderedChain, key: KeyObject, now: number): Judgement['refusal'] {
  const [leaf] = chain;
  const weak = weaknessOf(key);
  if (weak !== undefined) return { text: weak, remedy: NEW_KEY };
  const { validFrom, validTo, selfSigned } = describeCertificate(leaf);
  if (validTo <= now) return { text: `it expired on ${dayOf(validTo)}`, remedy: 'renew it' };
  if (validFrom > now) {
    const remedy = 'see that the clock of this machine is right, or wait until then';
    return { text: `it is not valid before ${dayOf(validFrom)}`, remedy };
  }
  for (const issuer of chain.slice(1)) {
    const { validTo: end, name } = describeCertificate(issuer);
    if (end > now) continue;
    const remedy = 'have it issued anew, and take the chain that comes with it';
    return { text: `its issuer ${name} expired on ${dayOf(end)}`, remedy };
  }
  if (leaf.ca && !selfSigned) {
    const remedy = 'take the certificate that the authority issued for this server';
    return { text: 'this is the certificate of an authority, not of a server', remedy };
  }
  const usage = leaf.keyUsage ?? [];
  if (usage.length > 0 && !usage.includes(SERVER_AUTH) && !usage.includes(ANY_USAGE)) {
    return {
      text: 'it is not made for servers: its extended key usage lacks server authentication',
      remedy: 'have one issued for a server (TLS web server authentication)',
    };
  }
  const hash = OLD_HASH.exec(leaf.signatureAlgorithm ?? '')?.[0];
  if (hash !== undefined && !selfSigned) {
    const words = `it is signed with ${/md/i.test(hash) ? 'MD5' : 'SHA-1'}, which current programs refuse`;
    return { text: words, remedy: 'have it issued anew, with SHA-256' };
  }
  return refusedByOpenSsl(chain, key);
}

function weaknessOf(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = '' } = {} } = key;
  if (type === 'rsa') {
    if (modulusLength >= LEAST_RSA) return undefined;
    return `its RSA key has ${modulusLength} bits, and current programs want ${LEAST_RSA} at least`;
  }
  if (type === 'ec') {
    if (CURVES.includes(namedCurve)) return undefined;
    return `its key is on the curve ${namedCurve}, which TLS clients do not know; they know P-256, P-384 and P-521`;
  }
  if (type === 'ed25519' || type === 'ed448') return undefined;
  if (type === 'dsa') return 'its key is a DSA key, which TLS does not use any more';
  return `its key is of a kind that mail programs do not know (${type ?? 'unknown'})`;
}

/** The last word: what the listener would fail with. */
function refusedByOpenSsl(chain: readonly X509Certificate[], key: KeyObject): Judgement['refusal'] {
  try {
    createSecureContext({
      cert: chain.map((one) => one.toString()).join(''),
      key: key.export({ format: 'pem', type: 'pkcs8' }),
    });
    return undefined;
  } catch (error) {
    const code = errorCode(error) ?? 'no reason given';
    return { text: `OpenSSL does not take it (${code})`, remedy: 'have it issued anew, with SHA-256' };
  }
}

function warningsOf({ chain, leftOut }: OrderedChain, context: JudgementContext): readonly string[] {
  const [leaf] = chain;
  const { hosts, validTo, key } = describeCertificate(leaf);
  const warnings: string[] = [];
  if (validTo - context.now < SOON) warnings.push(`It expires on ${dayOf(validTo)}, within 30 days.`);
  if (hosts.length === 0) {
    warnings.push(
      'It names no host (subjectAltName), so current programs refuse it; only old devices go by its subject.',
    );
  } else {
    for (const name of context.names) {
      if (isFor(leaf, hosts, name)) continue;
      const shown = hosts.slice(0, 5).join(', ') + (hosts.length > 5 ? ', …' : '');
      warnings.push(
        `It is for ${shown} and not for ${name}, the name of this relay; devices that check names refuse it.`,
      );
    }
  }
  const missing = missingIssuer(chain, context.authorities);
  if (missing !== undefined) {
    warnings.push(
      `The chain lacks ${missing}, the issuer of ${describeCertificate(chain.at(-1) ?? leaf).name}; devices that do not have that certificate cannot check it.`,
    );
  }
  if (key.startsWith('ED')) warnings.push('Older devices do not know Ed25519 and Ed448 keys.');
  for (const other of leftOut.slice(0, 5)) {
    warnings.push(`${describeCertificate(other).name} was left out: the chain does not need it.`);
  }
  return warnings;
}

function isFor(leaf: X509Certificate, hosts: readonly string[], name: string): boolean {
  // Each throws for what is a name of the other kind.
  if ((isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined) return true;
  // The name of the machine alone: devices know it with a domain behind.
  return !name.includes('.') && hosts.some((host) => host.toLowerCase().startsWith(`${name.toLowerCase()}.`));
}

/** Name of the issuer that is neither in the chain nor known to this machine. */
export function missingIssuer(
  chain: readonly X509Certificate[],
  authorities: readonly string[],
): string | undefined {
  const top = chain.at(-1);
  if (top === undefined || isSelfSigned(top)) return undefined;
  const known = authorities.some((pem) => {
    try {
      const issuer = new X509Certificate(pem);
      return issuer.subject === top.issuer && issuedBy(top, issuer);
    } catch {
      return false;
    }
  });
  if (known) return undefined;
  return /(?:^|\n)CN=([^\n]+)/.exec(top.issuer)?.[1] ?? describeCertificate(top).issuer;
}
