import { ownCommand } from '../shared/own-commands.ts';
import type { Unavailable } from './outcome.ts';

/** Which server it was, for the sentence. */
export interface ConnectionTarget {
  readonly upstream: string;
  readonly host: string;
  readonly port: number;
  /** TLS was begun by STARTTLS. */
  readonly startTls?: boolean;
}

interface NetworkFailure {
  readonly reason: 'unreachable' | 'configuration';
  readonly text: (target: ConnectionTarget) => string;
  readonly remedy?: (target: ConnectionTarget) => string;
}

const at = ({ host, port }: ConnectionTarget): string => `${host}:${port}`;

const noName: NetworkFailure = {
  reason: 'unreachable',
  text: ({ host }) => `The name ${host} is not found in DNS.`,
  remedy: ({ upstream }) => `Check host of the upstream ${upstream}, and the name servers of this machine.`,
};

const noTls: NetworkFailure = {
  reason: 'configuration',
  text: (target) => `${at(target)} does not speak TLS from the first byte.`,
  remedy: ({ upstream }) =>
    `Set security of the upstream ${upstream} to starttls (usual on port 587), or port to 465.`,
};

/** It had agreed to STARTTLS, so it is the server that fails, mostly for a moment. */
const brokenTls: NetworkFailure = {
  reason: 'unreachable',
  text: (target) => `${at(target)} agreed to STARTTLS and then sent something that is no TLS.`,
};

const oldTls: NetworkFailure = {
  reason: 'configuration',
  text: (target) => `${at(target)} speaks only versions of TLS that the settings do not allow.`,
  remedy: ({ upstream }) =>
    `Set minimumTls of the upstream ${upstream} to TLSv1 where the server cannot be renewed.`,
};

const FAILURES: Readonly<Record<string, NetworkFailure>> = {
  ENOTFOUND: noName,
  ENODATA: noName,
  EAI_AGAIN: {
    reason: 'unreachable',
    text: ({ host }) => `DNS did not answer the question for ${host}.`,
    remedy: () => 'Check the name servers of this machine.',
  },
  ECONNREFUSED: {
    reason: 'unreachable',
    text: (target) => `${at(target)} refuses connections.`,
    remedy: ({ upstream }) => `Check host and port of the upstream ${upstream}, and that the server runs.`,
  },
  ETIMEDOUT: {
    reason: 'unreachable',
    text: (target) => `${at(target)} did not answer in time.`,
    remedy: ({ upstream }) =>
      `Check host and port of the upstream ${upstream}, and that no firewall on the way drops the connection.`,
  },
  EHOSTUNREACH: {
    reason: 'unreachable',
    text: (target) => `There is no way to ${at(target)} on the network.`,
  },
  ENETUNREACH: {
    reason: 'unreachable',
    text: (target) => `There is no way to ${at(target)} on the network.`,
  },
  ECONNRESET: { reason: 'unreachable', text: (target) => `${at(target)} reset the connection.` },
  EPIPE: { reason: 'unreachable', text: (target) => `${at(target)} closed the connection.` },
  EINJECTED: {
    reason: 'configuration',
    text: (target) =>
      `${at(target)} sent more behind its reply to STARTTLS, which only somebody in between would do.`,
    remedy: ({ upstream }) =>
      `Look for a proxy in between, or set security of the upstream ${upstream} to tls.`,
  },
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: oldTls,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: oldTls,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: oldTls,
};

/** The same for the proxy in between; what happened there is said by network/. */
const PROXY_FAILURES: Readonly<Record<string, Required<Omit<NetworkFailure, 'text'>>>> = {
  EPROXYAUTH: {
    reason: 'configuration',
    remedy: () => 'Check proxy.user and proxy.password, or add the host to proxy.bypass.',
  },
  EPROXY: {
    reason: 'unreachable',
    remedy: ({ host, port }) =>
      `Check proxy.url, that the proxy runs, and that it lets CONNECT to port ${port} through; where ${host} is reached without it, add it to proxy.bypass.`,
  },
};

/** The command that shows the certificates of this server. */
function fetchCommand({ host, port, startTls }: ConnectionTarget): string {
  const address = host.includes(':') ? `'[${host}]:${port}'` : `${host}:${port}`;
  return ownCommand(`certs fetch ${address} ${startTls === true ? '--starttls' : '--tls'}`);
}

/**
 * A connection that did not come about, by the code of Node or OpenSSL. Total: a code that nobody knows is `unreachable`,
 * with `text` (what happened, behind the server's name).
 */
export function classifyConnection(
  target: ConnectionTarget,
  code: string | undefined,
  text: string,
): Unavailable {
  const found = code === undefined ? undefined : FAILURES[code];
  const failure = found === noTls && target.startTls === true ? brokenTls : found;
  if (failure) {
    return {
      kind: 'unavailable',
      reason: failure.reason,
      text: failure.text(target),
      ...(failure.remedy ? { remedy: failure.remedy(target) } : {}),
    };
  }
  if (code === 'ECERTIFICATE') {
    return {
      kind: 'unavailable',
      reason: 'configuration',
      text: `${at(target)} ${text}.`,
      remedy:
        `Look at it on the page Certificates or with ${fetchCommand(target)}; where it is the right one, trust it there, or import it or the one that issued it: ${ownCommand('import-cert FILE')}. ` +
        `Where it is for another name, set serverName of the upstream ${target.upstream}.`,
    };
  }
  const proxy = code === undefined ? undefined : PROXY_FAILURES[code];
  if (proxy) {
    // The proxy's words stand by themselves; callers put "cannot be reached (…)" around those of Node.
    const words = text.replace(/^cannot be reached \((cannot be reached: .*)\)$/s, '$1');
    return {
      kind: 'unavailable',
      reason: proxy.reason,
      text: `${at(target)} ${words}.`,
      remedy: proxy.remedy(target),
    };
  }
  return { kind: 'unavailable', reason: 'unreachable', text: `${at(target)} ${text}.` };
}
