import type { LookupFunction } from 'node:net';
import type { TrustAnchors } from '../certificates/sources.ts';
import { createDial, type Dial } from '../network/dial.ts';
import type { TokenSource } from '../oauth/token-source.ts';
import type { UpstreamSettings } from '../settings/schema-upstreams.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Clock } from '../shared/clock.ts';
import type { HttpClient } from '../shared/http.ts';
import type { Transport } from './transport.ts';
import { createGmailTransport } from './transports/gmail/gmail-transport.ts';
import { createGraphTransport } from './transports/graph/graph-transport.ts';
import { createSmtpTransport } from './transports/smtp/smtp-transport.ts';
import { createUpstreamTls } from './transports/smtp/tls-options.ts';
import { createTestRelay } from './transports/test-relay.ts';

export interface TransportDependencies {
  readonly settings: Pick<SettingsSource, 'reveal'>;
  readonly trustAnchors: TrustAnchors;
  readonly hostname: () => string;
  readonly clock: Clock;
  readonly tokens: TokenSource;
  readonly http: HttpClient;
  /** Opens connections; a test may stand in. */
  readonly dial?: Dial | undefined;
  /** Resolves host names; the system's resolver if absent. */
  readonly lookup?: LookupFunction | undefined;
}

/** The transport for an upstream's kind. */
export function createTransport(upstream: UpstreamSettings, deps: TransportDependencies): Transport {
  switch (upstream.kind) {
    case 'smtp':
      return createSmtpTransport({
        upstream,
        reveal: (source, how) => deps.settings.reveal(source, how),
        tokens: deps.tokens,
        hostname: deps.hostname,
        tls: createUpstreamTls(upstream, deps.trustAnchors),
        dial: deps.dial ?? createDial(deps.lookup),
        clock: deps.clock,
      });
    case 'test-relay':
      return createTestRelay();
    case 'graph':
      return createGraphTransport(upstream, deps);
    case 'gmail':
      return createGmailTransport(upstream, deps);
  }
}
