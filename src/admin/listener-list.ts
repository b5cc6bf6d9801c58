import { isIPv4 } from 'node:net';
import type { ListenerAddress } from '../inbound/inbound.ts';
import type { Settings } from '../settings/schema.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import type { Listeners } from './contract-overview.ts';

/** Where devices reach Postern: what the settings say, joined with what is open. Pure. */
export function listenerList(
  addresses: readonly ListenerAddress[],
  settings: Pick<Settings, 'listeners' | 'hostname'>,
  own: readonly string[],
): Listeners {
  return {
    listeners: settings.listeners.map((listener) => {
      const found = addresses.find(({ name }) => name === listener.name);
      const { name, address, security, requireTls, authentication, certificate, minimumTls } = listener;
      return {
        name,
        address,
        port: found?.port ?? listener.port,
        security,
        requireTls,
        authentication,
        certificate,
        minimumTls,
        open: found?.open ?? false,
        ...(found?.failure === undefined ? {} : { failure: found.failure }),
        onlyThisMachine: isLoopbackAddress(address),
        servers: serversOf(address, settings.hostname, own),
      };
    }),
    ownAddresses: own,
  };
}

/** What can be entered as server: on all addresses, those of this machine and the name that the settings give it. */
function serversOf(address: string, hostname: string | undefined, own: readonly string[]): readonly string[] {
  const everyIPv4 = address === '0.0.0.0';
  const every = everyIPv4 || /^(::|0(:0){7})$/.test(address);
  if (!every) return [address];
  const reachable = everyIPv4 ? own.filter((one) => isIPv4(one)) : own;
  return hostname === undefined ? reachable : [...reachable, hostname];
}
