import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { RelayError } from '../shared/errors.ts';
import { orderChain } from './order-chain.ts';
import { readCertificates, readFileBounded } from './read-certificates.ts';
import type { ServerCertificate } from './sources.ts';

/**
 * Reads a server certificate and its key from two files and makes sure that they belong together. Every fault is a
 * RelayError `certificate-invalid` that names the file's certificate by `name` and says what to do; none shows a byte of
 * the key.
 */

/** A pair that is fit for use, and its leaf for further questions. */
export interface CertificatePair extends ServerCertificate {
  readonly leaf: X509Certificate;
  /** The leaf and what stands behind it. */
  readonly chain: readonly X509Certificate[];
  /** Others than the owner may read the key's file. */
  readonly keyIsOpen: boolean;
}

const LARGEST_KEY = 64 * 1024;

/** Both paths have to exist. */
export async function readPair(name: string, crt: string, key: string): Promise<CertificatePair> {
  const certificates = await readChain(name, crt);
  const [leaf] = certificates;
  if (leaf === undefined)
    throw invalid(name, 'its .crt file holds no certificate', 'put the PEM chain there');
  const { object, pem, keyIsOpen } = await readKey(name, key);
  if (leaf.checkPrivateKey(object)) return pairOf(certificates, leaf);
  // Authorities deliver chains in either order; ours is put right.
  const ordered = orderChain(certificates, object);
  if (ordered !== undefined) return pairOf(ordered.chain, ordered.chain[0]);
  throw invalid(name, 'its key does not belong to its certificate', 'put both files of one pair there');

  function pairOf(chain: readonly X509Certificate[], own: X509Certificate): CertificatePair {
    return {
      certificate: chain.map((each) => each.toString()).join(''),
      key: pem,
      leaf: own,
      chain,
      keyIsOpen,
    };
  }
}

async function readChain(name: string, path: string): Promise<X509Certificate[]> {
  try {
    return await readCertificates(await readFileBounded(path));
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    throw invalid(name, `its .crt file cannot be used: ${error.publicMessage}`, error.hint, error);
  }
}

async function readKey(name: string, path: string) {
  const found = await stat(path);
  if (found.size > LARGEST_KEY) {
    throw invalid(name, 'its .key file is too large for a key', 'put the PEM private key there');
  }
  const pem = await readFile(path, 'utf8');
  return { object: parseKey(name, pem), pem, keyIsOpen: (found.mode & 0o077) !== 0 };
}

function parseKey(name: string, pem: string): KeyObject {
  if (
    /-----BEGIN (ENCRYPTED |[A-Z]+ )?PRIVATE KEY-----/.exec(pem)?.[1] === 'ENCRYPTED ' ||
    /\nProc-Type: 4,ENCRYPTED/.test(pem)
  ) {
    throw invalid(
      name,
      'its key is protected with a password',
      'remove it with: openssl pkey -in OLD.key -out NEW.key',
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // no cause: the reader of a log shall not meet pieces of a key in an error
    throw invalid(name, 'its .key file holds no private key in PEM form', 'put the PEM private key there');
  }
}

function invalid(name: string, text: string, hint?: string, cause?: unknown): RelayError {
  return new RelayError('certificate-invalid', `the server certificate “${name}” cannot be used: ${text}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
