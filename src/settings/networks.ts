import { isIP } from 'node:net';

/** `10.1.2.3/8` and `10.0.0.0/8` are one network: its family, first address and length as one text. */
export function canonicalNetwork(text: string): string | undefined {
  const [address = '', prefix] = text.split('/');
  const family = isIP(address);
  if (family === 0) return undefined;
  const bits = addressBits(address, family);
  const length = prefix === undefined ? bits.length : Number(prefix);
  // An IPv4 address inside IPv6 is the IPv4 address: clients reach a dual-stack listener so.
  if (family === 6 && length >= 96 && bits.startsWith(MAPPED)) {
    return `4:${bits.slice(96, length)}/${length - 96}`;
  }
  return `${family}:${bits.slice(0, length)}/${length}`;
}

const MAPPED = '0'.repeat(80) + '1'.repeat(16);

/** 0.0.0.0/0 or ::/0, or halves and quarters of them, but for fc00::/7: nobody has so large a network of his own. */
export function isWholeInternet(text: string): boolean {
  const [, bits, length] = /^\d:([01]*)\/(\d+)$/.exec(canonicalNetwork(text) ?? '') ?? [];
  return length !== undefined && Number(length) < 8 && !(bits ?? '').startsWith('1111110');
}

function addressBits(address: string, family: number): string {
  if (family === 4) {
    return address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  }
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}
