/**
 * The admin's own https. Promises TLS 1.2 at least; that a certificate that is replaced counts for the next connection and cuts none
 * off; that a wrong one leaves the old one in force; and that whoever speaks plain http is told so.
 */

import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerCertificates } from '../certificates/sources.ts';
import { errorText } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';

const TLS = { minVersion: 'TLSv1.2', honorCipherOrder: true } as const;
/** Milliseconds until a connection has to be encrypted. */
const HANDSHAKE = 10_000;

export interface OwnTls {
  readonly server: Server;
  /** Reads the certificate, and follows it from now on. Throws RelayError `not-found` or `certificate-invalid`. */
  load(): Promise<void>;
  /** Follows it no more. */
  close(): void;
}

/** `name`: of a stored server certificate. */
export function createOwnTls(
  options: { readonly name: string; readonly certificates: ServerCertificates; readonly log: Log },
  http: ServerOptions,
  app: RequestListener,
): OwnTls {
  const { name, certificates, log } = options;
  const server = createServer({ ...http, ...TLS, handshakeTimeout: HANDSHAKE }, app);
  server.on('tlsClientError', (error, socket) => {
    if ('code' in error && error.code === 'ERR_SSL_HTTP_REQUEST') sendUpgrade(socket);
  });
  let stopFollowing: (() => void) | undefined;

  async function read(): Promise<void> {
    const { certificate, key } = await certificates.get(name);
    server.setSecureContext({ ...TLS, cert: certificate, key });
  }

  return {
    server,
    async load() {
      await read();
      stopFollowing = certificates.onChange(() => {
        read().then(
          () => log.info({ certificate: name }, 'The admin shows its current certificate from now on'),
          (error: unknown) =>
            log.error(
              { certificate: name, reason: errorText(error) },
              'The certificate of the admin cannot be used; the old one stays',
            ),
        );
      });
    },
    close() {
      stopFollowing?.();
    },
  };
}

const BODY = JSON.stringify({
  code: 'bad-request',
  message: 'The admin speaks https at this address.',
  hint: 'Begin the address with https://.',
});
/** RFC 9110 section 15.5.22; the command line goes by the status. */
const UPGRADE_REQUIRED = [
  'HTTP/1.1 426 Upgrade Required',
  'Upgrade: TLS/1.2, HTTP/1.1',
  'Connection: Upgrade, close',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(BODY)}`,
  '',
  BODY,
].join('\r\n');

/** Node keeps the plain connection below; where it does not any more, it is closed without a word. */
function sendUpgrade(socket: Duplex): void {
  const plain: unknown = Reflect.get(socket, '_parent');
  if (!(plain instanceof Socket) || !plain.writable) return;
  plain.on('error', () => plain.destroy());
  plain.end(UPGRADE_REQUIRED, () => plain.destroySoon());
}
