import { BlockList, isIP } from 'node:net';

/** Addresses and networks such as `10.0.0.5`, `10.0.0.0/8` and `fd00::/8`, to be asked about addresses. */
export interface NetworkList {
  /** False for what is no address. An IPv4 address inside IPv6 (`::ffff:10.0.0.5`) counts as itself. */
  has(address: string): boolean;
}

/** A list of networks; `undefined` when one of them is none. */
export function networkList(networks: readonly string[]): NetworkList | undefined {
  const list = new BlockList();
  for (const network of networks) if (!add(list, network)) return undefined;
  return {
    has(address) {
      const plain = plainAddress(address);
      return plain !== undefined && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/** `10.0.0.5` from `::ffff:10.0.0.5`, an IPv6 address in its short form and without its zone; `undefined` for what is no address. */
export function plainAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 0) return undefined;
  if (family === 4) return text;
  const short = new URL(`http://[${text.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const value = Number.parseInt(mapped[1] ?? '', 16) * 0x1_00_00 + Number.parseInt(mapped[2] ?? '', 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function add(list: BlockList, network: string): boolean {
  const [address = '', prefix, more] = network.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined || address.includes('%')) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (prefix === undefined) {
    const plain = plainAddress(address) ?? address;
    list.addAddress(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
    return true;
  }
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 6 ? 128 : 32)) return false;
  list.addSubnet(address, Number(prefix), type);
  return true;
}
