import { isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { TrustAnchors } from '../../../certificates/sources.ts';
import { certificateRefusal } from '../../../network/certificate-refusal.ts';
import type { SmtpUpstreamSettings } from '../../../settings/schema-upstreams.ts';

/** What TLS needs for one upstream. */
export interface UpstreamTls {
  /** For tls.connect. */
  options(): ConnectionOptions;
  /** The reason why this server is not the one that we want to talk to; undefined when it is. */
  checkPeer(socket: Socket): string | undefined;
}

/**
 * TLS as the settings of an upstream want it. A certificate is accepted when it, or any certificate above it, is a trust
 * anchor, is valid today, and names the host or was pinned to it by an administrator; nothing turns that check off.
 *
 * The secure context is made once for each state of the trust anchors: reading all roots of the system takes some 15 ms.
 */
export function createUpstreamTls(
  upstream: Pick<SmtpUpstreamSettings, 'host' | 'port' | 'serverName' | 'minimumTls'>,
  trustAnchors: TrustAnchors,
): UpstreamTls {
  const name = upstream.serverName ?? upstream.host;
  const names = [upstream.host, name];
  let made: { readonly authorities: readonly string[]; readonly context: SecureContext } | undefined;

  function context(): SecureContext {
    const authorities = trustAnchors.authorities(...names);
    if (made?.authorities === authorities) return made.context;
    const old = upstream.minimumTls === 'TLSv1' || upstream.minimumTls === 'TLSv1.1';
    made = {
      authorities,
      context: createSecureContext({
        ca: [...authorities],
        minVersion: upstream.minimumTls,
        // A certificate that was imported is trusted as itself, without the one that issued it.
        allowPartialTrustChain: true,
        // OpenSSL 3 speaks TLS 1.0 and 1.1 at security level 0 only.
        ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
      }),
    };
    return made.context;
  }

  return {
    options: () => ({
      secureContext: context(),
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_host, certificate) =>
        trustAnchors.isPinned(certificate.fingerprint256, ...names)
          ? undefined
          : checkServerIdentity(name, certificate),
      // The handshake goes on so that checkPeer can show the certificate; it lets nobody pass who is not authorised.
      rejectUnauthorized: false,
    }),
    checkPeer(socket) {
      if (!(socket instanceof TLSSocket)) return 'is not encrypted';
      if (socket.authorized) return undefined;
      return certificateRefusal(String(socket.authorizationError), socket.getPeerCertificate(), name);
    },
  };
}
