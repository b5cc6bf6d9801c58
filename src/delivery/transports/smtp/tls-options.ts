import { isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { TrustAnchors } from '../../../certificates/sources.ts';
import type { SmtpUpstreamSettings } from '../../../settings/schema-upstreams.ts';
import { showable } from './parse-reply.ts';

/** What TLS needs for one upstream. */
export interface UpstreamTls {
  /** For tls.connect. */
  options(): ConnectionOptions;
  /** The reason why this server is not the one that we want to talk to; undefined when it is. */
  checkPeer(socket: Socket): string | undefined;
}

/**
 * TLS as the settings of an upstream want it. A certificate is accepted when it, or any certificate above it, is a trust
 * anchor, is valid today, and names the host; nothing turns that check off.
 *
 * The secure context is made once for each state of the trust anchors: reading all roots of the system takes some 15 ms.
 */
export function createUpstreamTls(
  upstream: Pick<SmtpUpstreamSettings, 'host' | 'port' | 'serverName' | 'minimumTls'>,
  trustAnchors: TrustAnchors,
): UpstreamTls {
  const name = upstream.serverName ?? upstream.host;
  let made: { readonly authorities: readonly string[]; readonly context: SecureContext } | undefined;

  function context(): SecureContext {
    const authorities = trustAnchors.authorities();
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
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      // The handshake goes on so that checkPeer can show the certificate; it lets nobody pass who is not authorised.
      rejectUnauthorized: false,
    }),
    checkPeer(socket) {
      if (!(socket instanceof TLSSocket)) return 'is not encrypted';
      if (socket.authorized) return undefined;
      return refusal(String(socket.authorizationError), socket.getPeerCertificate(), name);
    },
  };
}

/** Characters of names out of a certificate; some have hundreds of names. */
const LONGEST_NAMES = 300;

/** OpenSSL's words for why a chain is not accepted, and ours. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed and not a trust anchor',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in a root that is not a trust anchor',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its issuer is not a trust anchor and was not sent along',
  UNABLE_TO_GET_ISSUER_CERT: 'its issuer is not a trust anchor',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not a trust anchor',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet (is the clock of this machine right?)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
  INVALID_PURPOSE: 'it is not made for servers',
};

function refusal(code: string, certificate: PeerCertificate | undefined, name: string): string {
  const reason =
    REASONS[code] ?? (code.startsWith('Hostname') ? REASONS['ERR_TLS_CERT_ALTNAME_INVALID'] : code);
  if (!certificate?.fingerprint256) return `showed no certificate that can be checked (${code})`;
  const names = shown(certificate.subjectaltname ?? 'none');
  return (
    `showed a certificate for ${name} that is not accepted: ${reason} ` +
    `(subject ${distinguishedName(certificate.subject)}; issuer ${distinguishedName(certificate.issuer)}; names ${names}; ` +
    `valid from ${certificate.valid_from} to ${certificate.valid_to}; SHA-256 fingerprint ${certificate.fingerprint256})`
  );
}

function distinguishedName(name: object | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return parts.length === 0 ? '(empty)' : shown(parts.join(', '));
}

/** What a certificate says of itself was written by whoever made it: one line, bounded, nothing that steers a terminal. */
function shown(text: string): string {
  const clean = showable(text);
  return clean.length > LONGEST_NAMES ? `${clean.slice(0, LONGEST_NAMES)}…` : clean;
}
