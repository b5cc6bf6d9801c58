/**
 * The connection to the node's admin interface, encrypted or not. Promises that the token goes to nobody over https but to one who shows
 * a server certificate of the data directory, or one that the system trusts for the name; a certificate of our own making has no other
 * proof, and a name in it would prove nothing for 127.0.0.1.
 */
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { errorCode, RelayError } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';

/** Milliseconds until the connection has to be encrypted. */
const HANDSHAKE = 10_000;
/** Server certificates that are looked at. */
const MOST_CERTIFICATES = 100;
/** The other end does not speak TLS. */
const NOT_TLS = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);

/** Which certificates are taken for the node's. */
export interface Pins {
  /** Directory of the stored server certificates. */
  readonly directory: string;
  /** The only one that is, where the node was told to show it. */
  readonly name: string | undefined;
}

/** A secure connection. Throws RelayError `certificate-invalid` for a stranger's certificate, and what connecting throws. */
export async function connectSecurely(url: URL, pins: Pins): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const own = await storedCertificates(pins);
  const socket = await shakeHands(host, Number(url.port || '443'));
  const shown = socket.getPeerX509Certificate();
  const isOwn = shown !== undefined && own.some((certificate) => certificate.raw.equals(shown.raw));
  if (isOwn || (pins.name === undefined && socket.authorized)) return socket;
  socket.destroy();
  throw new RelayError('certificate-invalid', `Whoever answers at ${url.host} shows another certificate.`, {
    hint: 'Name the data directory of the running node with --data; its server certificates are known from there.',
  });
}

/** Whether an error of `connectSecurely` says that plain http is spoken there. */
export function isPlain(error: unknown): boolean {
  return NOT_TLS.has(errorCode(error) ?? '');
}

/** Nothing that is sent to this machine itself is seen by others. */
export function staysHere(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || isLoopbackAddress(host);
}

function shakeHands(host: string, port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      // Looked at by who called: before that nothing is sent.
      rejectUnauthorized: false,
    });
    socket.setTimeout(HANDSHAKE, () => socket.destroy(new Error('no secure connection in time')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The leaves of the stored pairs. What cannot be read is nobody's. */
async function storedCertificates({ directory, name }: Pins): Promise<readonly X509Certificate[]> {
  const files =
    name === undefined
      ? (await readdir(directory).catch(() => [])).filter((file) => file.endsWith('.crt'))
      : [`${name}.crt`];
  const found = files.slice(0, MOST_CERTIFICATES).map(async (file) => {
    try {
      return [new X509Certificate(await readFile(join(directory, file)))];
    } catch {
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}
