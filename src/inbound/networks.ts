/*
 * IP networks and the most specific one that holds an address. Pure. IPv4 addresses mapped into IPv6 count as IPv4, and
 * zone ids are ignored.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number, with the number of bits of its family. */
export interface AddressBits {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

const MAPPED_PREFIX = 0xffffn;

/** `192.0.2.1`, `::ffff:192.0.2.1`, `fe80::1%eth0` → its bits; undefined when it is not an IP address. */
export function addressBits(text: string): AddressBits | undefined {
  const zone = text.indexOf('%');
  const plain = zone === -1 ? text : text.slice(0, zone);
  if (isIPv4(plain)) return { bits: 32, value: ipv4Value(plain) };
  if (!isIPv6(plain)) return undefined;
  const value = ipv6Value(plain);
  if (value >> 32n === MAPPED_PREFIX) return { bits: 32, value: value & 0xffffffffn };
  return { bits: 128, value };
}

/** The address for people and for keys: mapped addresses as IPv4, without a zone id. */
export function plainAddress(text: string): string {
  const zone = text.indexOf('%');
  const plain = (zone === -1 ? text : text.slice(0, zone)).toLowerCase();
  return plain.startsWith('::ffff:') && isIPv4(plain.slice(7)) ? plain.slice(7) : plain;
}

/** What limits per address count by: the address, for IPv6 its /64, as one household has as many addresses as it likes. */
export function sourceKey(address: string): string {
  if (!address.includes(':')) return address;
  const found = addressBits(address);
  return found === undefined || found.bits === 32
    ? plainAddress(address)
    : `${(found.value >> 64n).toString(16)}/64`;
}

/** Finds the most specific network; of equal ones the first. One look-up per prefix length that is in use. */
export class NetworkTable<T> {
  readonly #tables = { 32: new Map<number, Map<bigint, T>>(), 128: new Map<number, Map<bigint, T>>() };
  readonly #lengths: Record<32 | 128, number[]> = { 32: [], 128: [] };

  /** @param entries networks such as `10.0.0.0/8` or `::1` with what belongs to them; what is no network is left out */
  constructor(entries: Iterable<readonly [network: string, value: T]>) {
    for (const [network, value] of entries) this.#add(network, value);
    for (const bits of [32, 128] as const) {
      this.#lengths[bits] = [...this.#tables[bits].keys()].toSorted((a, b) => b - a);
    }
  }

  find(address: AddressBits): T | undefined {
    const { bits, value } = address;
    for (const length of this.#lengths[bits]) {
      const found = this.#tables[bits].get(length)?.get(value >> BigInt(bits - length));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #add(network: string, value: T): void {
    const [text = '', prefix] = network.split('/');
    const address = addressBits(text);
    if (address === undefined) return;
    const written = prefix === undefined ? undefined : Number(prefix);
    // A mapped network such as ::ffff:10.0.0.0/104 counts its prefix in IPv6 bits.
    const mapped = address.bits === 32 && text.includes(':');
    const length = written === undefined ? address.bits : mapped ? written - 96 : written;
    if (!Number.isInteger(length) || length < 0 || length > address.bits) return;
    const table = this.#tables[address.bits].get(length) ?? new Map<bigint, T>();
    const key = address.value >> BigInt(address.bits - length);
    if (!table.has(key)) table.set(key, value);
    this.#tables[address.bits].set(length, table);
  }
}

function ipv4Value(text: string): bigint {
  let value = 0;
  for (const part of text.split('.')) value = value * 256 + Number(part);
  return BigInt(value);
}

function ipv6Value(text: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const dotted = tail?.[2] === undefined ? undefined : ipv4Value(tail[2]);
  const hex =
    dotted === undefined || tail?.[1] === undefined
      ? text
      : `${tail[1]}${(dotted >> 16n).toString(16)}:${(dotted & 0xffffn).toString(16)}`;
  const [head = '', rest] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const gap = rest === undefined ? 0 : 8 - left.length - right.length;
  let value = 0n;
  for (const group of [...left, ...Array<string>(gap).fill('0'), ...right]) {
    value = value * 65536n + BigInt(`0x${group}`);
  }
  return value;
}
