/**
 * Where a request really comes from when proxies stand in front. Promises that `X-Forwarded-` headers count only where a trusted proxy
 * has sent them: anybody can write such a header, and who believes a stranger's lets him choose the address that is counted, limited and
 * recorded. Pure.
 */
import { RelayError } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import { type NetworkList, plainAddress } from '../shared/network-list.ts';

/** Proxies in a row that are looked through. */
const MOST_HOPS = 20;
/** Characters of one entry; the longest address with a port has fewer. */
const LONGEST_ENTRY = 64;
/** Asked by probes of platforms, past the proxy; they tell nothing. */
const PROBES = new Set(['/livez', '/readyz']);

/** A connection and what its request says of others before it. */
export interface ConnectedRequest {
  readonly path: string;
  /** The other end of the connection. */
  readonly remote: string;
  /** The connection is TLS. */
  readonly encrypted: boolean;
  readonly host: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly forwardedProto: string | undefined;
  readonly forwardedHost: string | undefined;
}

/** Where the caller is, and how he reached us or the proxy. */
export interface Origin {
  readonly address: string;
  readonly secure: boolean;
  /** The host that the caller asked for, as the trusted proxy says; else the Host header. */
  readonly host: string | undefined;
}

/**
 * `trusted`: the proxies in front; absent where there are none, and then no header is believed. Throws RelayError `forbidden` for those
 * who come past the proxy, but for this machine itself and probes.
 */
export function originOf(request: ConnectedRequest, trusted: NetworkList | undefined): Origin {
  const { remote, encrypted, host, path } = request;
  const address = plainAddress(remote) ?? remote;
  const direct = { address, secure: encrypted, host };
  if (trusted === undefined) return direct;
  if (!trusted.has(address)) {
    if (isLoopbackAddress(address) || PROBES.has(path)) return direct;
    throw new RelayError('forbidden', `The admin is reached through its proxy only, not from ${address}.`, {
      hint: 'Use the address of the proxy. If this is the proxy, name its address with --trusted-proxies or POSTERN_TRUSTED_PROXIES.',
    });
  }
  return {
    address: farthestBelieved(address, request.forwardedFor, trusted),
    secure: encrypted || last(request.forwardedProto)?.toLowerCase() === 'https',
    host: last(request.forwardedHost) ?? host,
  };
}

/** From the right, each proxy in turn says who came to it; the first one that is not trusted is the caller. */
function farthestBelieved(nearest: string, header: string | undefined, trusted: NetworkList): string {
  let believed = nearest;
  let rest = header ?? '';
  for (let hop = 0; hop < MOST_HOPS && rest !== '' && trusted.has(believed); hop += 1) {
    const comma = rest.lastIndexOf(',');
    const entry = addressIn(rest.slice(comma + 1));
    // Whoever wrote nonsense is the farthest that is known.
    if (entry === undefined) break;
    believed = entry;
    rest = comma === -1 ? '' : rest.slice(0, comma);
  }
  return believed;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711` */
function addressIn(text: string): string | undefined {
  const entry = text.trim();
  if (entry.length > LONGEST_ENTRY) return undefined;
  const match = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(entry);
  return plainAddress(match?.[1] ?? match?.[2] ?? entry);
}

/** The last of a list, which the nearest proxy wrote. */
function last(header: string | undefined): string | undefined {
  const value = header?.slice(header.lastIndexOf(',') + 1).trim();
  return value === '' ? undefined : value;
}
