import type { LookupFunction } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { TrustAnchors } from '../certificates/sources.ts';
import type { ProxySettings } from '../settings/schema-outside.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock } from '../shared/clock.ts';
import { createHttpClient } from './create-http-client.ts';
import { createDial, type Dial } from './dial.ts';
import { dialThroughProxy } from './dial-through-proxy.ts';
import { createHttpConnections } from './http-connections.ts';
import type { Network } from './network.ts';
import { bypassesProxy } from './proxy-bypass.ts';
import { createSecure } from './secure-socket.ts';

export interface NetworkDependencies {
  readonly settings: Pick<SettingsSource, 'current' | 'reveal' | 'onChange'>;
  readonly trustAnchors: TrustAnchors;
  readonly clock: Clock;
  /** Resolves host names; the system's resolver if absent. Names behind a proxy are the proxy's to resolve. */
  readonly lookup?: LookupFunction;
}

/**
 * The ways out: direct, or through the proxy of the settings in force. A change of the proxy or of the trust anchors counts
 * for the next connection; warm ones that were made before are not used again.
 */
export function createNetwork(deps: NetworkDependencies): Network {
  const { settings, trustAnchors, clock, lookup } = deps;
  const direct = createDial(lookup);
  const secure = createSecure(trustAnchors);
  const connections = createHttpConnections();
  const closing = new AbortController();
  const reveal: SettingsSource['reveal'] = (source) => settings.reveal(source);

  const routeTo = (host: string): ProxySettings | undefined => {
    const { proxy } = settings.current();
    return proxy === undefined || bypassesProxy(host, proxy.bypass) ? undefined : proxy;
  };
  const dial: Dial = (host, port, signal) => {
    const proxy = routeTo(host);
    return proxy === undefined
      ? direct(host, port, signal)
      : dialThroughProxy({ direct, secure, reveal }, proxy, host, port, signal);
  };
  const stops = [
    settings.onChange((now, before) => {
      if (!isDeepStrictEqual(now.proxy, before.proxy)) connections.clear();
    }),
    trustAnchors.onChange(() => connections.clear()),
  ];

  return {
    http: createHttpClient({ dial, secure, connections, clock, closing: closing.signal }),
    dial,
    proxyFor(host) {
      const proxy = routeTo(host);
      if (proxy === undefined) return undefined;
      return { url: proxy.url, ...(proxy.user === undefined ? {} : { user: proxy.user }) };
    },
    async close() {
      for (const stop of stops) stop();
      closing.abort();
      connections.clear();
    },
  };
}
