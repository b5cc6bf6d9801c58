import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../settings/addresses.ts';
import { isNetwork } from '../settings/schema-clients.ts';

/**
 * Whether a host is reached without the proxy: this machine always; else a host that is named, one below a `.domain`, or an
 * address within a network. Names are compared as written, never resolved: behind a proxy there may be no DNS.
 */
export function bypassesProxy(host: string, bypass: readonly string[]): boolean {
  const name = plain(host);
  if (isLoopback(name)) return true;
  const family = isIP(name);
  return bypass.some((entry) => {
    if (isNetwork(entry)) return family !== 0 && inNetwork(name, family, entry);
    const wanted = plain(entry);
    if (!wanted.startsWith('.')) return name === wanted;
    return name === wanted.slice(1) || name.endsWith(wanted);
  });
}

function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function inNetwork(address: string, family: number, network: string): boolean {
  const [first = '', prefix] = network.split('/');
  const list = new BlockList();
  const kind = isIP(first) === 4 ? 'ipv4' : 'ipv6';
  if (prefix === undefined) list.addAddress(first, kind);
  else list.addSubnet(first, Number(prefix), kind);
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
