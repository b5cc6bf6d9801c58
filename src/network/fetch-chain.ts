import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { type CertificateDescription, describeCertificate } from '../certificates/inspect.ts';
import { type ChainProblem, judgeChain } from '../certificates/judge-chain.ts';
import { canonicalHost } from '../certificates/pins.ts';
import type { TrustAnchors } from '../certificates/sources.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { HttpFailure } from '../shared/http.ts';
import { CountedSocket } from './counted-socket.ts';
import type { Dial } from './dial.ts';
import { failureOf } from './failure-words.ts';
import { readSentCertificates } from './sent-certificates.ts';
import { startTls } from './start-tls.ts';

/*
 * Looks at the certificates of a server, by whatever way mail would go there, and trusts nothing by that.
 *
 * Whoever may call this can have Postern connect to any host and port that this machine reaches, so it is made to be of little
 * use for anything else. Said to the other side: a TLS greeting, for STARTTLS before it EHLO with our own name; no byte of that is
 * the caller's to choose but the server name in the TLS greeting, which is a checked host name. Told to the caller: certificates,
 * the code of an SMTP reply, and why there was no connection. So somebody who holds certificates.write learns which ports near this
 * machine are open and what names their certificates have, as they could by adding an upstream; they read nothing and write nothing
 * there. 10 s, 100 KB and four at once bound it, and every call is in the audit trail.
 */

/** What is looked at. */
export interface ChainRequest {
  readonly host: string;
  readonly port: number;
  /** `starttls`: SMTP that changes over; `tls`: TLS from the first byte. */
  readonly security: 'starttls' | 'tls';
}

export interface FetchedChain {
  /** As the server sent it, its own first. */
  readonly chain: readonly (CertificateDescription & { readonly pem: string })[];
  /** `TLSv1.3, TLS_AES_256_GCM_SHA384` */
  readonly protocol: string;
  /** It is accepted as it is. */
  readonly trusted: boolean;
  /** It is for the host that was asked. */
  readonly nameMatches: boolean;
  readonly problems: readonly ChainProblem[];
  /** Number in `chain` of the one to trust. */
  readonly recommended?: number;
}

/** Throws RelayError `bad-request` (the host), `certificate-invalid` (there is nothing to see, and why), `overloaded`. */
export type FetchChain = (request: ChainRequest, signal: AbortSignal) => Promise<FetchedChain>;

export interface FetchChainDependencies {
  readonly dial: Dial;
  readonly trustAnchors: TrustAnchors;
  readonly hostname: () => string;
  readonly clock: Clock;
}

const DEADLINE = 10_000;
const MOST_BYTES = 100 * 1024;
const MOST_CERTIFICATES = 20;
const AT_ONCE = 4;

export function createFetchChain(deps: FetchChainDependencies): FetchChain {
  const { trustAnchors, clock } = deps;
  let running = 0;

  async function look(request: ChainRequest, signal: AbortSignal): Promise<FetchedChain> {
    const first = await handshake(deps, request, ANYTHING, signal, seen);
    const version = first.version ?? 'TLS';
    const trusted = await isTrusted(deps, request, version, signal);
    const [leaf] = first.chain;
    const nameMatches = checkServerIdentity(request.host, leaf.toLegacyObject()) === undefined;
    const verdict = judgeChain(
      { host: request.host, chain: first.chain, orderKnown: first.orderKnown, nameMatches, trusted, version },
      { now: clock.now(), authorities: trustAnchors.authorities(request.host) },
    );
    const chain = first.chain.map((one) => ({ ...describeCertificate(one), pem: one.toString() }));
    return { chain, protocol: `${version}, ${first.cipher}`, trusted, nameMatches, ...verdict };
  }

  return async (request, callerSignal) => {
    const host = canonicalHost(request.host);
    if (host === undefined) {
      throw new RelayError(
        'bad-request',
        'host is not a host name or IP address; write one such as mail.example.com',
      );
    }
    if (running >= AT_ONCE) {
      throw new RelayError('overloaded', `${AT_ONCE} servers are being asked; try again in a moment.`);
    }
    running += 1;
    const deadline = new AbortController();
    const late = new HttpFailure(
      'ETIMEDOUT',
      `did not show a certificate within ${DEADLINE / 1000} s`,
      false,
    );
    const timer = clock.after(DEADLINE, () => deadline.abort(late));
    try {
      return await look({ ...request, host }, AbortSignal.any([callerSignal, deadline.signal]));
    } catch (error) {
      throw nothingToSee({ ...request, host }, deadline.signal.aborted ? late : error);
    } finally {
      timer.cancel();
      running -= 1;
    }
  };
}

/** Old servers too, and nothing is believed: only to see what there is. */
const ANYTHING: SecureContextOptions = { ca: [], minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };

interface Seen {
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly orderKnown: boolean;
  readonly version: string | null;
  readonly cipher: string;
}

function seen(socket: TLSSocket, sent: readonly Uint8Array[] | undefined): Seen {
  const own = socket.getPeerX509Certificate();
  if (own === undefined) throw new HttpFailure('ECERTIFICATE', 'showed no certificate', false);
  const cipher = socket.getCipher();
  const told = { version: socket.getProtocol(), cipher: cipher.standardName || cipher.name };
  const others = sent?.slice(1).flatMap((der) => parsed(der) ?? []);
  if (others !== undefined) return { chain: [own, ...others], orderKnown: true, ...told };
  const chain: [X509Certificate, ...X509Certificate[]] = [own];
  for (
    let next = own.issuerCertificate;
    next && chain.length < MOST_CERTIFICATES;
    next = next.issuerCertificate
  ) {
    const { fingerprint256 } = next;
    if (chain.some((known) => known.fingerprint256 === fingerprint256)) break;
    chain.push(next);
  }
  return { chain, orderKnown: false, ...told };
}

function parsed(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined; // not one that OpenSSL knows
  }
}

/** Asks again as deliveries do, and believes what they believe. */
async function isTrusted(
  deps: FetchChainDependencies,
  request: ChainRequest,
  version: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { host } = request;
  const old = version !== 'TLSv1.2' && version !== 'TLSv1.3';
  const context: SecureContextOptions = {
    ca: [...deps.trustAnchors.authorities(host)],
    allowPartialTrustChain: true,
    ...(old ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } : { minVersion: 'TLSv1.2' }),
  };
  try {
    return await handshake(deps, request, context, signal, ({ authorized }) => authorized);
  } catch {
    return false;
  }
}

/** Connects and encrypts, and tells what `look` makes of it; the connection is closed afterwards. */
async function handshake<T>(
  deps: FetchChainDependencies,
  { host, port, security }: ChainRequest,
  context: SecureContextOptions,
  signal: AbortSignal,
  look: (socket: TLSSocket, sent: readonly Uint8Array[] | undefined) => T,
): Promise<T> {
  const { trustAnchors } = deps;
  const plain: Socket = await deps.dial(host, port, signal);
  if (security === 'starttls') await startTls(plain, deps.hostname(), signal);
  const sent = readSentCertificates();
  return await new Promise<T>((resolve, reject) => {
    const encrypted = connect({
      socket: new CountedSocket(plain, MOST_BYTES, (piece) => sent.read(piece)),
      secureContext: createSecureContext(context),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      checkServerIdentity: (_host, certificate) =>
        trustAnchors.isPinned(certificate.fingerprint256, host)
          ? undefined
          : checkServerIdentity(host, certificate),
      // The handshake goes on so that the certificate can be shown; nothing is said behind it.
      rejectUnauthorized: false,
    });
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', aborted);
      settle();
      encrypted.removeAllListeners();
      encrypted.on('error', () => undefined);
      encrypted.destroy();
      plain.on('error', () => undefined);
      plain.destroy();
    };
    const aborted = (): void => end(() => reject(asError(signal.reason)));
    signal.addEventListener('abort', aborted);
    encrypted.on('error', (error) => end(() => reject(failureOf(error, false))));
    encrypted.on('close', () =>
      end(() => reject(new HttpFailure('ECONNRESET', 'closed the connection', false))),
    );
    encrypted.once('secureConnect', () =>
      end(() => {
        try {
          resolve(look(encrypted, sent.list()));
        } catch (error) {
          reject(asError(error));
        }
      }),
    );
    if (signal.aborted) aborted();
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}

function nothingToSee({ host, port, security }: ChainRequest, error: unknown): Error {
  if (error instanceof RelayError) return error;
  const { message, code } = error instanceof HttpFailure ? error : failureOf(error, false);
  const wrongVersion = code === 'EPROTO' || /^ERR_SSL_(WRONG_VERSION|PACKET_LENGTH)/.test(code);
  const hint =
    wrongVersion && security === 'tls'
      ? 'It may want STARTTLS: usual on ports 25 and 587.'
      : code === 'ESMTP'
        ? 'It may speak TLS from the first byte: usual on ports 465 and 443.'
        : 'See that host and port are right, and that this machine may connect there.';
  return new RelayError('certificate-invalid', `${host} port ${port} ${message}.`, { hint });
}
