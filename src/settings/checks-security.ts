import { isIP } from 'node:net';
import type { Fault } from '../shared/errors.ts';
import { isLoopback } from './addresses.ts';
import type { Draft, Entry } from './draft.ts';
import { faultAt } from './faults.ts';
import { canonicalNetwork, isWholeInternet } from './networks.ts';
import type { ListenerSettings } from './schema-listeners.ts';
import type { SmtpUpstreamSettings, UpstreamSettings } from './schema-upstreams.ts';

/** Listeners, networks and upstreams that contradict each other, or that would make an open relay. */
export function checkSecurity(draft: Draft): readonly Fault[] {
  return [
    ...sameSocket(draft.listeners),
    ...draft.listeners.flatMap(({ index, value }) =>
      value?.requireTls === true && value.security !== 'starttls'
        ? [faultAt(['listeners', index, 'requireTls'], 'works only with starttls; write security: starttls')]
        : [],
    ),
    ...sameNetwork(draft),
    ...openRelay(draft),
    ...draft.upstreams.flatMap(({ index, value }) =>
      value !== undefined && value.from.rewrite !== 'never' && !hasAddress(value)
        ? [
            faultAt(
              ['upstreams', index, 'from', 'address'],
              `is missing, but rewrite is ${value.from.rewrite}; write the address that this upstream accepts`,
            ),
          ]
        : [],
    ),
    ...draft.upstreams.flatMap(({ index, value }) =>
      showsToken(value)
        ? [
            faultAt(
              ['upstreams', index, 'security'],
              'none would show the access token to everybody on the network; write security: starttls or tls',
            ),
          ]
        : [],
    ),
  ];
}

/** What works but exposes something; shown, never refused. */
export function securityWarnings(draft: Draft): readonly Fault[] {
  return [
    ...draft.listeners.flatMap(({ index, value }) =>
      value !== undefined &&
      value.authentication !== 'none' &&
      value.security === 'none' &&
      !isLoopback(value.address)
        ? [
            faultAt(
              ['listeners', index, 'authentication'],
              'lets devices send passwords in clear over the network; write security: starttls or tls',
            ),
          ]
        : [],
    ),
    ...draft.upstreams.flatMap(({ index, value }) =>
      sendsPasswordInClear(value)
        ? [
            faultAt(
              ['upstreams', index, 'security'],
              'none sends the password in clear over the network; write security: starttls or tls',
            ),
          ]
        : [],
    ),
  ];
}

/** An address of its own: typed, or that of the account. */
function hasAddress(upstream: UpstreamSettings): boolean {
  if (upstream.from.address !== undefined) return true;
  if (!('authentication' in upstream)) return false;
  const { authentication } = upstream;
  if (authentication.type === 'password') return authentication.user.includes('@');
  return authentication.type === 'oauth2' && (authentication.mailbox ?? authentication.email) !== undefined;
}

/** The transport would refuse it anyway: whoever reads a token may send until it runs out. */
function showsToken(upstream: UpstreamSettings | undefined): boolean {
  return (
    upstream?.kind === 'smtp' &&
    upstream.security === 'none' &&
    upstream.authentication.type === 'oauth2' &&
    !isLoopback(upstream.host)
  );
}

function sendsPasswordInClear(upstream: UpstreamSettings | undefined): upstream is SmtpUpstreamSettings {
  return (
    upstream?.kind === 'smtp' &&
    upstream.security === 'none' &&
    upstream.authentication.type === 'password' &&
    upstream.authentication.method !== 'CRAM-MD5' &&
    !isLoopback(upstream.host)
  );
}

/** Port 0 is chosen anew by the system for each listener. */
function sameSocket(listeners: readonly Entry<ListenerSettings>[]): Fault[] {
  const seen = new Map<string, number>();
  return listeners.flatMap(({ index, value }) => {
    if (value === undefined || value.port === 0) return [];
    const socket = `${canonicalNetwork(value.address) ?? value.address} ${value.port}`;
    const first = seen.get(socket);
    if (first === undefined) {
      seen.set(socket, index);
      return [];
    }
    const text = `${value.port} is already taken on this address by listeners[${first}]; choose another port`;
    return [faultAt(['listeners', index, 'port'], text)];
  });
}

function sameNetwork(draft: Draft): Fault[] {
  const seen = new Map<string, string>();
  return draft.clients.flatMap(({ index, value }) =>
    (value?.networks ?? []).flatMap((network, place) => {
      const key = canonicalNetwork(network);
      if (key === undefined) return [];
      const path = `clients[${index}].networks[${place}]`;
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, path);
        return [];
      }
      const text = `is the same network as ${first}; leave it in one place, or no one could tell whose policy applies`;
      return [faultAt(['clients', index, 'networks', place], text)];
    }),
  );
}

/** Anyone from anywhere, as anyone, without a password: found by spammers within hours. */
function openRelay(draft: Draft): Fault[] {
  const open = draft.listeners.find(
    ({ value }) => value !== undefined && value.authentication !== 'required' && isReachable(value.address),
  );
  if (open === undefined) return [];
  return draft.clients.flatMap(({ index, value }) =>
    (value?.networks ?? []).flatMap((network, place) =>
      value?.senders.includes('*') === true && isWholeInternet(network)
        ? [
            faultAt(
              ['clients', index, 'networks', place],
              `makes listeners[${open.index}] an open relay: anyone on the internet could send anything through it; ` +
                'name your own networks, limit senders to your addresses or @domains, or write authentication: required on that listener',
            ),
          ]
        : [],
    ),
  );
}

function isReachable(address: string): boolean {
  return isIP(address) !== 0 && !isLoopback(address);
}
