import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { Settings } from '../settings/schema.ts';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';
import { type CertificateDescription, dayOf, describeCertificate } from './inspect.ts';
import { judgePair } from './judge-pair.ts';
import { isOwnMake, type KeyKind, makeRequest } from './make-self-signed.ts';
import { type OrderedChain, orderChain } from './order-chain.ts';
import { canonicalHost } from './pins.ts';
import type { CertificatePair } from './read-pair.ts';
import { readUpload, type Upload } from './read-upload.ts';
import type { LiveServerCertificates } from './server-certificates.ts';
import type { TrustAnchors } from './sources.ts';
import { createUnlock } from './unlock.ts';

/**
 * Where administrators see and change the certificates that Postern shows. Everything is checked before it is stored: what is
 * refused changes nothing, and what is accepted works. Keys come in and never go out.
 */

/** A stored certificate as it is listed. */
export interface ListedServerCertificate {
  readonly name: string;
  /** Absent where it cannot be used; `problem` says why. */
  readonly certificate?: CertificateDescription;
  /** Those behind the first. */
  readonly chain: readonly CertificateDescription[];
  readonly problem?: string;
  readonly remedy?: string;
  /** Made by Postern, and renewed by itself. */
  readonly own: boolean;
  /** Listeners that show it, and `admin`. */
  readonly usedBy: readonly string[];
}

export interface ServerCertificateDesk {
  list(): Promise<readonly ListedServerCertificate[]>;
  /** Takes a pair, PKCS#12, or the certificate alone for a key that is here already. Throws RelayError `certificate-invalid`. */
  save(name: string, upload: Upload): Promise<SavedServerCertificate>;
  /** Makes a key and a certificate for these hosts. Throws RelayError `bad-request`, `not-allowed` (the name is taken). */
  make(wanted: MakeCertificate): Promise<SavedServerCertificate>;
  /** A request for an authority (PKCS#10, PEM), with the stored key and hosts. Throws RelayError `not-found`, `not-allowed`. */
  request(name: string): Promise<string>;
  /** Throws RelayError `not-found`, `not-allowed` (it is in use). */
  remove(name: string): Promise<ListedServerCertificate>;
}

export interface SavedServerCertificate {
  readonly certificate: ListedServerCertificate;
  /** What is odd, but no reason to refuse it: whole sentences. */
  readonly warnings: readonly string[];
}

export interface MakeCertificate {
  readonly name: string;
  readonly hosts: readonly string[];
  /** `ec` if absent; old devices know `rsa` only. */
  readonly kind?: KeyKind;
  /** In place of one that Postern did not make; that has to be said. */
  readonly replace?: boolean;
}

export interface ServerCertificateDeskDependencies {
  readonly certificates: LiveServerCertificates;
  readonly settings: { current(): Pick<Settings, 'listeners' | 'accessUrl'> };
  /** Name of the certificate with which the admin speaks https. */
  readonly adminCertificate?: string;
  /** Name of this relay. */
  readonly hostname: () => string;
  readonly trustAnchors: Pick<TrustAnchors, 'authorities'>;
  readonly clock: Clock;
}

export function createServerCertificateDesk(deps: ServerCertificateDeskDependencies): ServerCertificateDesk {
  const { certificates, settings, clock } = deps;
  const unlock = createUnlock(clock);

  function usersOf(name: string): readonly string[] {
    const { listeners } = settings.current();
    const using = listeners.filter(
      ({ security, certificate }) => security !== 'none' && certificate === name,
    );
    return [...using.map((listener) => listener.name), ...(deps.adminCertificate === name ? ['admin'] : [])];
  }

  /** Names by which devices and browsers know what shows this certificate. */
  function namesOf(name: string): readonly string[] {
    const users = usersOf(name);
    const admin = users.includes('admin');
    const { hostname: accessHost } = new URL(settings.current().accessUrl);
    return [
      ...(admin && users.length === 1 ? [] : [deps.hostname()]),
      ...(admin ? [accessHost.replace(/^\[|\]$/g, '')] : []),
    ];
  }

  function judged(name: string, ordered: OrderedChain, key: KeyObject) {
    const authorities = deps.trustAnchors.authorities();
    return judgePair(ordered, key, { now: clock.now(), authorities, names: namesOf(name) });
  }

  function described(name: string, pair: CertificatePair): ListedServerCertificate {
    const certificate = describeCertificate(pair.leaf);
    const ended = certificate.validTo <= clock.now();
    return {
      name,
      certificate,
      chain: pair.chain.slice(1).map(describeCertificate),
      ...(ended
        ? { problem: `it expired on ${dayOf(certificate.validTo)}`, remedy: 'put a new one in its place' }
        : {}),
      own: isOwnMake(pair.leaf),
      usedBy: usersOf(name),
    };
  }

  async function listed(name: string): Promise<ListedServerCertificate> {
    try {
      return described(name, await certificates.read(name));
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      const problem = error.publicMessage.replace(/^the server certificate “.*?” cannot be used: /, '');
      const remedy = error.hint === undefined ? {} : { remedy: error.hint };
      return { name, chain: [], problem, ...remedy, own: false, usedBy: usersOf(name) };
    }
  }

  async function allNames(): Promise<readonly string[]> {
    const { listeners } = settings.current();
    const used = listeners
      .filter(({ security }) => security !== 'none')
      .map(({ certificate }) => certificate);
    const admin = deps.adminCertificate === undefined ? [] : [deps.adminCertificate];
    return [...new Set([...(await certificates.names()), ...used, ...admin])].toSorted();
  }

  async function stored(name: string): Promise<ListedServerCertificate> {
    if (!(await certificates.names()).includes(name)) {
      throw new RelayError('not-found', `There is no server certificate “${name}”.`);
    }
    return await listed(name);
  }

  /** The key that waits here for its certificate. */
  async function ownKey(name: string): Promise<KeyObject> {
    const pair = await certificates.read(name).catch(() => undefined);
    if (pair !== undefined) return createPrivateKey(pair.key);
    throw new RelayError('certificate-invalid', 'the key is missing', {
      hint: `add the file of the private key, or make a key under the name “${name}” and have a certificate issued for its request`,
    });
  }

  return {
    async list() {
      const found: ListedServerCertificate[] = [];
      for (const name of await allNames()) found.push(await listed(name));
      return found;
    },
    async save(name, upload) {
      const { certificates: given, keys } = await readUpload(upload, unlock);
      const candidates = keys.length > 0 ? keys : [await ownKey(name)];
      const [key, ordered] = matching(given, candidates) ?? [];
      if (key === undefined || ordered === undefined) throw mismatch(given, keys.length > 0);
      const { refusal, warnings } = judged(name, ordered, key);
      if (refusal) {
        throw new RelayError('certificate-invalid', `the certificate cannot be used: ${refusal.text}`, {
          hint: refusal.remedy,
        });
      }
      await certificates.put(name, {
        certificate: ordered.chain.map((one) => one.toString()).join(''),
        key: key.export({ format: 'pem', type: 'pkcs8' }),
      });
      return { certificate: await listed(name), warnings };
    },
    async make({ name, hosts, kind, replace = false }) {
      const [first, ...others] = hosts.map(checkedHost);
      if (first === undefined) throw new RelayError('bad-request', 'hosts is empty');
      const known = (await certificates.names()).includes(name) ? await listed(name) : undefined;
      if (known !== undefined && !known.own && !replace) {
        throw new RelayError('not-allowed', `There is a server certificate “${name}” already.`, {
          hint: 'choose another name, or say that it shall be replaced',
        });
      }
      await certificates.make(name, [first, ...others], kind);
      const pair = await certificates.read(name);
      const ordered = { chain: [pair.leaf], leftOut: [] } as const;
      const { warnings } = judged(name, ordered, createPrivateKey(pair.key));
      return { certificate: await listed(name), warnings };
    },
    async request(name) {
      await stored(name);
      const { leaf, key } = await certificates.read(name);
      const { hosts, name: subject } = describeCertificate(leaf);
      const [first = canonicalHost(subject), ...others] = hosts;
      if (first === undefined) {
        throw new RelayError('not-allowed', `The server certificate “${name}” names no host.`, {
          hint: 'make one for the hosts that are meant, then a request for it',
        });
      }
      try {
        return await makeRequest([first, ...others], createPrivateKey(key));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        throw new RelayError('not-allowed', 'Its key is of a kind that no request can be made with.', {
          hint: 'make a new key under another name, then a request for it',
        });
      }
    },
    async remove(name) {
      const found = await stored(name);
      if (found.usedBy.length > 0) {
        throw new RelayError(
          'not-allowed',
          `The server certificate “${name}” is in use: ${found.usedBy.join(', ')}.`,
          {
            hint: 'choose another certificate there first, or put a new one in its place',
          },
        );
      }
      await certificates.remove(name);
      return found;
    },
  };
}

function matching(
  given: readonly X509Certificate[],
  keys: readonly KeyObject[],
): readonly [KeyObject, OrderedChain] | undefined {
  for (const key of keys) {
    const ordered = orderChain(given, key);
    if (ordered !== undefined) return [key, ordered];
  }
  return undefined;
}

function mismatch(given: readonly X509Certificate[], keyGiven: boolean): RelayError {
  const names = given.slice(0, 3).map((one) => describeCertificate(one).name);
  const text = keyGiven
    ? `the key does not belong to the certificate of ${names.join(', ')}`
    : `the certificate of ${names.join(', ')} was not made for the key that is stored here`;
  const hint = keyGiven
    ? 'choose the key that the certificate was made for'
    : 'add the key that belongs to it, or have the request that was made here signed';
  return new RelayError('certificate-invalid', text, { hint });
}

function checkedHost(typed: string, index: number): string {
  const wildcard = typed.startsWith('*.') ? '*.' : '';
  const host = canonicalHost(typed.slice(wildcard.length));
  if (host !== undefined) return wildcard + host;
  const message = 'is not a host name or IP address; write one such as relay.example.com';
  throw new RelayError('bad-request', `hosts[${index}] ${message}`, {
    faults: [{ path: `hosts[${index}]`, message }],
  });
}
