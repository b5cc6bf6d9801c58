import type { ProxySettings } from '../settings/schema-outside.ts';
import type { HttpClient } from '../shared/http.ts';
import type { Dial } from './dial.ts';

/** Every way out of Postern: over the proxy of the settings in force where there is one. */
export interface Network {
  readonly http: HttpClient;
  /** TCP to an SMTP server, or a tunnel of the proxy (CONNECT). */
  readonly dial: Dial;
  /** The proxy that leads to this host, where one does; its password left out. */
  proxyFor(host: string): Pick<ProxySettings, 'url' | 'user'> | undefined;
  /** Breaks off the requests that are under way, and closes idle connections. */
  close(): Promise<void>;
}
