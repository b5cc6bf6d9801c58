import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { TrustAnchors } from '../certificates/sources.ts';
import { HttpFailure } from '../shared/http.ts';
import { certificateRefusal } from './certificate-refusal.ts';
import { failureOf } from './failure-words.ts';

/**
 * Encrypts a connection to the server of this name and checks its certificate: it, or one above it, has to be a trust
 * anchor, valid today, and for the name, or pinned to it. Rejects with HttpFailure (`ECERTIFICATE`, or the code of Node or OpenSSL), or
 * with the reason of `signal`; the connection is closed then.
 */
export type Secure = (socket: Socket, name: string, signal: AbortSignal) => Promise<TLSSocket>;

/** The context is made once for each state of the trust anchors: reading all roots of the system takes some 15 ms. */
export function createSecure(trustAnchors: TrustAnchors): Secure {
  const made = new WeakMap<readonly string[], SecureContext>();
  const contextFor = (name: string): SecureContext => {
    const authorities = trustAnchors.authorities(name);
    const known = made.get(authorities);
    if (known !== undefined) return known;
    const context = createSecureContext({
      ca: [...authorities],
      minVersion: 'TLSv1.2',
      // A certificate that was imported is trusted as itself, without the one that issued it.
      allowPartialTrustChain: true,
    });
    made.set(authorities, context);
    return context;
  };
  return (socket, name, signal) => secured(socket, name, trustAnchors, contextFor(name), signal);
}

function secured(
  socket: Socket,
  name: string,
  trustAnchors: TrustAnchors,
  secureContext: SecureContext,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const encrypted = connect({
      socket,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_host, certificate) =>
        trustAnchors.isPinned(certificate.fingerprint256, name)
          ? undefined
          : checkServerIdentity(name, certificate),
      // The handshake goes on so that the certificate can be shown; nobody passes below who is not authorised.
      rejectUnauthorized: false,
    });
    const end = (): void => {
      signal.removeEventListener('abort', aborted);
      encrypted.off('secureConnect', connected).off('error', failed).off('close', closed);
    };
    const refuse = (error: unknown): void => {
      end();
      encrypted.on('error', () => undefined);
      encrypted.destroy();
      socket.destroy();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const aborted = (): void => refuse(signal.reason);
    const failed = (error: Error): void => refuse(failureOf(error, false));
    const closed = (): void => refuse(new HttpFailure('ECONNRESET', 'closed the connection', false));
    const connected = (): void => {
      if (encrypted.authorized) {
        end();
        resolve(encrypted);
        return;
      }
      const code = String(encrypted.authorizationError);
      const text = certificateRefusal(code, encrypted.getPeerCertificate(), name);
      refuse(new HttpFailure('ECERTIFICATE', text, false));
    };
    signal.addEventListener('abort', aborted);
    encrypted.on('secureConnect', connected).on('error', failed).on('close', closed);
    if (signal.aborted) aborted();
  });
}
