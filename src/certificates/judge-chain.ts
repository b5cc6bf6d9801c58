import type { X509Certificate } from 'node:crypto';
import { dayOf, describeCertificate, isSelfSigned } from './inspect.ts';
import { missingIssuer, OLD_HASH } from './judge-pair.ts';
import { issuedBy } from './order-chain.ts';

/**
 * What is wrong with the certificates that another server shows, in words, and which of them to trust. Pure.
 */
export interface ShownChain {
  /** Host that was asked. */
  readonly host: string;
  /** As sent. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  /** The order is that in which the server sent them. */
  readonly orderKnown: boolean;
  readonly nameMatches: boolean;
  /** Accepted as it is. */
  readonly trusted: boolean;
  /** `TLSv1.3` */
  readonly version: string;
}

export interface ChainProblem {
  /** A whole sentence. */
  readonly text: string;
  readonly remedy?: string;
}

export interface ChainVerdict {
  readonly problems: readonly ChainProblem[];
  /** Which one to trust; absent where trusting helps nothing, or is not needed. */
  readonly recommended?: number;
}

const LEAST_RSA = 2048;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

/** `authorities`: PEM, those that count without being sent. */
export function judgeChain(
  shown: ShownChain,
  { now, authorities }: { readonly now: number; readonly authorities: readonly string[] },
): ChainVerdict {
  const walked = walk(shown.chain);
  const hopeless = hopelessProblems(shown, walked, now);
  const problems = [
    ...hopeless,
    ...nameProblems(shown),
    ...(shown.trusted ? [] : trustProblems(walked, authorities)),
    ...orderProblems(shown, walked),
    ...versionProblems(shown),
  ];
  if (shown.trusted || hopeless.length > 0) return { problems };
  return { problems, recommended: recommendedOf(shown, walked) };
}

/** From the server's own upwards, each followed by its issuer, as far as they were sent. */
function walk(chain: ShownChain['chain']): readonly [X509Certificate, ...X509Certificate[]] {
  const walked: [X509Certificate, ...X509Certificate[]] = [chain[0]];
  let rest: readonly X509Certificate[] = chain.slice(1);
  let top = chain[0];
  while (!isSelfSigned(top)) {
    const below = top;
    const issuer = rest.find((one) => issuedBy(below, one));
    if (issuer === undefined) break;
    walked.push(issuer);
    rest = rest.filter((one) => one !== issuer);
    top = issuer;
  }
  return walked;
}

/** What makes it refused however much it is trusted. */
function hopelessProblems(
  { host }: ShownChain,
  walked: readonly X509Certificate[],
  now: number,
): readonly ChainProblem[] {
  return walked.flatMap((certificate, index) => {
    const { name, validFrom, validTo } = describeCertificate(certificate);
    const which = index === 0 ? 'The server’s certificate' : `The certificate of ${name} above it`;
    const found: ChainProblem[] = [];
    if (validTo <= now) {
      const remedy = `Renew it on ${host}; a certificate that has expired is not accepted, even when it is trusted.`;
      found.push({ text: `${which} expired on ${dayOf(validTo)}.`, remedy });
    }
    if (validFrom > now) {
      const remedy = 'See that the clocks of this machine and of the server are right, or wait until then.';
      found.push({ text: `${which} is not valid before ${dayOf(validFrom)}.`, remedy });
    }
    const weak = weaknessOf(certificate);
    if (weak !== undefined) {
      const remedy = `Have it issued anew for ${host} with RSA 2048 or P-256, and SHA-256; OpenSSL refuses this one.`;
      found.push({ text: `${which} ${weak}.`, remedy });
    }
    const usage = certificate.keyUsage ?? [];
    if (index === 0 && usage.length > 0 && !usage.includes(SERVER_AUTH) && !usage.includes(ANY_USAGE)) {
      found.push({
        text: 'It is not made for servers: its extended key usage lacks server authentication.',
        remedy: `Have one issued for ${host} as a TLS server.`,
      });
    }
    return found;
  });
}

function weaknessOf(certificate: X509Certificate): string | undefined {
  const { key, selfSigned } = describeCertificate(certificate);
  const bits = Number(/^RSA (\d+)$/.exec(key)?.[1] ?? LEAST_RSA);
  if (bits < LEAST_RSA) return `has a weak key (RSA with ${bits} bits)`;
  if (key.startsWith('DSA')) return 'has a DSA key, which TLS does not use any more';
  const hash = OLD_HASH.exec(certificate.signatureAlgorithm ?? '')?.[0];
  return hash === undefined || selfSigned
    ? undefined
    : `has a weak signature (${/md/i.test(hash) ? 'MD5' : 'SHA-1'})`;
}

function nameProblems({ host, chain, nameMatches }: ShownChain): readonly ChainProblem[] {
  if (nameMatches) return [];
  const { hosts } = describeCertificate(chain[0]);
  const exactly = `trust exactly this certificate for ${host} only`;
  if (hosts.length === 0) {
    return [{ text: 'It names no host (subjectAltName).', remedy: `Where it is the right one, ${exactly}.` }];
  }
  const shown = hosts.slice(0, 5).join(', ') + (hosts.length > 5 ? ', …' : '');
  const remedy = `Where one of these is the server’s name, use it as host or as serverName of the upstream; else ${exactly}.`;
  return [{ text: `It is for ${shown} and not for ${host}.`, remedy }];
}

function trustProblems(
  walked: readonly [X509Certificate, ...X509Certificate[]],
  authorities: readonly string[],
): readonly ChainProblem[] {
  const top = walked.at(-1) ?? walked[0];
  const { name, selfSigned } = describeCertificate(top);
  const compare = 'Compare its SHA-256 fingerprint with the one that its owner sees; then trust it.';
  if (selfSigned && walked.length === 1) {
    return [{ text: 'It is signed by itself, so nobody else vouches for it.', remedy: compare }];
  }
  if (selfSigned) {
    return [{ text: `Its chain ends in ${name}, which is not trusted here.`, remedy: compare }];
  }
  const missing = missingIssuer(walked, authorities);
  if (missing === undefined) return [];
  const remedy = `Have the server send its whole chain, or import the certificate of ${missing}; else trust what it does send.`;
  return [{ text: `The chain lacks ${missing}, the issuer of ${name}.`, remedy }];
}

function orderProblems(
  { chain, orderKnown }: ShownChain,
  walked: readonly X509Certificate[],
): readonly ChainProblem[] {
  const found: ChainProblem[] = [];
  const ordered = walked.every((certificate, index) => chain[index] === certificate);
  if (orderKnown && !ordered) {
    const remedy =
      'Have the server send its own certificate first and each issuer behind it; Postern does not mind.';
    found.push({
      text: 'The server sends its chain in the wrong order, which older programs refuse.',
      remedy,
    });
  }
  const others = chain.filter((certificate) => !walked.includes(certificate));
  if (others.length > 0) {
    const names = others.slice(0, 3).map((one) => describeCertificate(one).name);
    found.push({ text: `The server also sends what does not belong to its chain: ${names.join(', ')}.` });
  }
  return found;
}

function versionProblems({ version }: ShownChain): readonly ChainProblem[] {
  if (version === 'TLSv1.3' || version === 'TLSv1.2') return [];
  const remedy = `Renew the server or its TLS library; until then set minimumTls of the upstream to ${version}.`;
  return [{ text: `The server speaks ${version} at best, which is outdated.`, remedy }];
}

/** The topmost authority, so that the server may be given another certificate; where names do not match, the very certificate. */
function recommendedOf({ chain, nameMatches }: ShownChain, walked: readonly X509Certificate[]): number {
  const top = walked.at(-1);
  return nameMatches && top?.ca === true ? chain.indexOf(top) : 0;
}
